"""All that is observable at one instant: prices, volatilities, depth; how old and how sure. It knows no book."""

from seawall.market.exposure import Exposure
from seawall.market.feeds import Feeds
from seawall.market.listed import Listed
from seawall.market.snapshot import MarketSnapshot, Origin

__all__ = ["Exposure", "Feeds", "Listed", "MarketSnapshot", "Origin"]
