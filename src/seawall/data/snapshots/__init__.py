"""Bundled market snapshots; `tools/make_bundled_snapshot.py` makes them, `NOTICE` says where they come from."""
