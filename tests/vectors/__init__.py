"""Numbers from outside: venues, contracts and papers. `python -m tests.vectors` checks every file it finds."""
