"""How much of a gain may be counted: losses whole, gains by a share and up to a cap."""

from __future__ import annotations

import numpy as np

from seawall.core.arrays import FloatArray


def offset_gains(pnl: FloatArray, *, share: float, cap: float) -> FloatArray:
    """Return losses unchanged and gains times `share`, at most `cap`.

    Source: reproduced on two published Deribit simulation responses, with shares 0 and 0.6. How the venue applies its
    cap (`max_offsetable_pnl`) is not published; here it caps the counted gain.

    Examples
    --------
    >>> offset_gains(np.array([-1.0, 1.0, 10.0]), share=0.6, cap=2.0).tolist()
    [-1.0, 0.6, 2.0]
    """
    return np.where(pnl > 0.0, np.minimum(pnl * share, cap), pnl)
