"""The compiler comes when it is asked for, and once."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from seawall.pricing import compiled, compiled_vol
from seawall.pricing.grid import option_grid


def test_the_room_does_not_bring_the_compiler() -> None:
    script = "import sys, seawall.pricing; sys.exit('numba' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_writable_and_read_only_arrays_share_one_compilation() -> None:
    columns = option_grid([100.0], [100.0], [True], [0])
    for writable in (True, False):
        total_vol, vol_row = np.full((1, 1), 0.2), np.zeros((1, 1), dtype=np.int64)
        total_vol.flags.writeable = vol_row.flags.writeable = writable
        compiled.price_grid(columns, np.zeros((1, 1)), total_vol, vol_row)
        compiled_vol.from_price(np.full(3, 8.0), 100.0, 100.0, 1.0, is_call=np.full(3, writable))
        compiled_vol.from_price(8.0, 100.0, 100.0, 1.0, is_call=True)
    assert len(compiled._price_rows.signatures) == 1  # type: ignore[attr-defined]
    assert len(compiled_vol._solve.signatures) == 1  # type: ignore[attr-defined]


def test_the_kernels_name_no_flag_that_breaks_them() -> None:
    """`reassoc` would fold the rounding trick of exp away; `nnan` would let a NaN come out as a price."""
    for kernel in (compiled._price_rows, compiled._pnl_rows, compiled_vol._solve):
        flags = kernel.targetoptions["fastmath"]  # type: ignore[attr-defined]
        assert not {"fast", "reassoc", "nnan", "ninf"} & set(flags)
