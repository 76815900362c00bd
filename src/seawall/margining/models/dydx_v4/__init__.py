"""dYdX v4, one cross-margined subaccount: the rule in whole quantums, how it is liquidated, and its evidence."""

from seawall.margining.models.dydx_v4.model import CROSS

__all__ = ["CROSS"]
