"""`seawall`: the commands, and what becomes of errors."""

from __future__ import annotations

import sys

from cyclopts import App

from seawall import __version__

EXIT_BAD_INPUT = 2
"""The command line, a file or a name is wrong; the message says which field and which rule."""
EXIT_UNAVAILABLE = 3
"""A number that was asked for can't be computed; the rest was printed."""
EXIT_VENUE = 4
"""A venue did not answer, or not sensibly."""

app = App(
    name="seawall",
    version=__version__,
    help="""Portfolio margin for crypto derivatives: venue-exact, explained, and honest about how sure it is.

Start here:

    seawall demo                                            all of it, on a bundled real market

    seawall margin book.csv --policy deribit/x_pm           what a book needs, and why

    seawall what-if book.csv --trade "BTC-PERPETUAL -10000"   what a trade would change

A book is a CSV file with the header account,instrument,size; an asset such as BTC or USDC is collateral.
Exit codes: 0 fine, 2 bad input, 3 a margin is unavailable, 4 the venue failed.
""",
    help_format="markdown",
)
# Commands are named by where they live and loaded when called, so that `seawall --help` stays quick.
app.command("seawall.cli.margin:margin", name="margin")
app.command("seawall.cli.what_if:what_if", name="what-if")
app.command("seawall.cli.policy:app", name="policy")
app.command("seawall.cli.snapshot:app", name="snapshot")
app.command("seawall.cli.demo:demo", name="demo")


def main() -> None:
    """Run the command line; errors made on purpose become one message on stderr and an exit code."""
    from seawall.core.errors import SeawallError, UnavailableError, VenueError

    try:
        code = app()
    except BrokenPipeError:
        # The reader of a pipe has gone, as `| head` does; Python would complain once more at exit.
        sys.stderr.close()
        raise SystemExit(0) from None
    except SeawallError as error:
        print(f"seawall: {error}", file=sys.stderr)
        code = EXIT_BAD_INPUT
        if isinstance(error, UnavailableError):
            code = EXIT_UNAVAILABLE
        elif isinstance(error, VenueError):
            code = EXIT_VENUE
    raise SystemExit(code if isinstance(code, int) else 0)
