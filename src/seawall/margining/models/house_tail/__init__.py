"""Our own: VaR or expected shortfall over simulated outcomes times a multiplier, with a stress floor and add-ons."""

from seawall.margining.models.house_tail.model import TAIL

__all__ = ["TAIL"]
