"""Our own: VaR or expected shortfall over outcomes, drawn or stated, times a multiplier, with a floor and add-ons."""

from seawall.margining.models.house_tail.model import TAIL
from seawall.margining.models.house_tail.stated import with_outcomes

__all__ = ["TAIL", "with_outcomes"]
