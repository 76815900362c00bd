"""What is taken of stable coins where no index of them is given."""

from __future__ import annotations

STABLE_ASSETS = ("USDC", "USDT")
STABLE_USD = 1.0
"""Par, USD. It is an assumption; a snapshot that makes it marks it as derived and says so in its notes."""


def par_note(asset: str) -> str:
    """Return the sentence that says so."""
    return f"{asset} is taken as {STABLE_USD:g} USD: an assumption, for no index of it was given."
