"""Bybit: its names (`symbols`), its public and private answers (`decode`, `accounts`), its margin answer."""
