"""Rows to a DataFrame of the library that the user has; none of them is needed to compute anything."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, cast

from seawall.core.errors import InputError, Problem, UnavailableError

LIBRARIES = ("polars", "pandas", "pyarrow")


def to_frame(columns: Mapping[str, Sequence[object]], *, library: str | None = None) -> Any:
    """Return columns as a DataFrame (polars, pandas) or Table (pyarrow).

    Parameters
    ----------
    columns
        By name, all of one length.
    library
        One of `polars`, `pandas`, `pyarrow`. Left out: the one that the program has loaded, else one that is installed.

    Raises
    ------
    UnavailableError
        When no DataFrame library is installed.
    """
    if library is None:
        loaded = [name for name in LIBRARIES if name in sys.modules]
        installed = [name for name in LIBRARIES if find_spec(name)]
        if not loaded and not installed:
            raise UnavailableError("no DataFrame library is installed: pip install 'seawall[frames]', or use .rows()")
        library = (loaded or installed)[0]
    elif library not in LIBRARIES:
        raise InputError(Problem("library", library, f"it is one of {', '.join(LIBRARIES)}"))
    elif not find_spec(library):
        raise UnavailableError(f"{library} is not installed: pip install {library}, or use .rows()")
    import narwhals as nw  # imported here: most programs never make a frame

    return nw.from_dict(columns, backend=cast("Any", library)).to_native()
