"""Stocks, indices and their options, from a file of our own: no exchange publishes such quotes for anybody to use."""

from seawall.venues.listed.form import is_listed, read_listed

__all__ = ["is_listed", "read_listed"]
