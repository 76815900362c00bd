"""Prices from numbers: Black-76, inverse options, Greeks, implied volatility, and futures. Arrays in, arrays out.

- `black76`      undiscounted Black-76 prices and Greeks
- `inverse`      the same, paid in coin
- `delta_one`    futures, perpetuals, spot
- `american`     options that may be exercised early, on a spot price
- `implied_vol`  vol from price, to machine precision, and why where there is none
- `grid`         options against scenarios in one call

Every module here is plain NumPy. Their compiled twins are `compiled` (for `grid`) and `compiled_vol` (for
`implied_vol`); import those inside the function that needs them, as they load the compiler.
"""

from __future__ import annotations

from seawall.pricing import american, black76, delta_one, grid, implied_vol, inverse

__all__ = ["american", "black76", "delta_one", "grid", "implied_vol", "inverse"]
