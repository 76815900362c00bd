"""How fast seawall is, beside a named peer in every table. `make bench` runs all of it."""
