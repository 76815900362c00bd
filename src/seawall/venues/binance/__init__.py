"""Binance: its names (`symbols`), its public answers (`decode`), its private ones (`accounts`, `reply`)."""
