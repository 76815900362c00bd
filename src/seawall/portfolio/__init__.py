"""Who holds what: positions, open orders and balances of many accounts, as sparse columns. It knows no rule."""

from seawall.portfolio.book import Account, Book, Holdings, Position
from seawall.portfolio.names import NameParser
from seawall.portfolio.resolve import ResolvedBook, resolve

__all__ = ["Account", "Book", "Holdings", "NameParser", "Position", "ResolvedBook", "resolve"]
