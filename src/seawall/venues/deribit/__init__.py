"""Deribit: its names (`symbols`), its answers (`decode`), its public API (`client`), archives and accounts."""
