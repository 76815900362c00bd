"""Derive (formerly Lyra): its names, its public and private answers."""
