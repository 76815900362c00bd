"""`python -m seawall` is the command line."""

from seawall.cli.main import main

main()
