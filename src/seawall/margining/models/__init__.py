"""Margin models: one rule book's shape each. They compose blocks and do not import each other."""
