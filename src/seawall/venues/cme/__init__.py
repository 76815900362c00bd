"""SPAN parameter files of CME and of the clearing houses that use its format."""

from seawall.venues.cme.spn import read_spn

__all__ = ["read_spn"]
