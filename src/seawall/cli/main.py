"""`seawall`: the commands, and what becomes of errors."""

from __future__ import annotations

import os
import sys

from cyclopts import App, CycloptsError

from seawall import __version__

EXIT_BAD_INPUT = 2
"""The command line, a file or a name is wrong; the message says which field and which rule."""
EXIT_UNAVAILABLE = 3
"""A number that was asked for can't be computed; the rest was printed."""
EXIT_VENUE = 4
"""A venue did not answer, or not sensibly."""
EXIT_LIMIT = 6
"""A limit is broken, or trades would break one."""

app = App(
    name="seawall",
    version=__version__,
    help="""Portfolio margin for crypto derivatives: venue-exact, explained, and honest about how sure it is.

Start here: all of it on a bundled real market, what a book needs, what a trade would change, what other venues ask.

    seawall demo

    seawall margin book.csv --policy deribit/x_pm

    seawall what-if book.csv --trade "BTC-PERPETUAL -10000"

    seawall compare book.csv

A book is a CSV file with the header account,instrument,size; an asset such as BTC or USDC is collateral.
Exit codes: 0 fine, 1 output can't be written, 2 bad input, 3 a margin is unavailable, 4 the venue failed,
5 a venue's answer differs from ours, 6 a limit is broken or would be.
""",
    help_format="markdown",
)
COMMANDS = {
    "margin": ("seawall.cli.margin:margin", "Say what margin each account of a book needs, and why."),
    "what-if": ("seawall.cli.what_if:what_if", "Say what some trades would do to a margin."),
    "compare": ("seawall.cli.compare:compare", "Say what a book needs under several venues' rules, and why."),
    "risk": ("seawall.cli.risk:risk", "Say what a book is exposed to, and which limits it breaks."),
    "var": ("seawall.cli.var:var", "Say what a book can lose, and what each holding makes of it."),
    "attribute": ("seawall.cli.attribute:attribute", "Say who causes a margin, what binds, and why it changed."),
    "distance": ("seawall.cli.distance:distance", "Say how far the market has to go until the venue acts."),
    "vulnerability": ("seawall.cli.vulnerability:vulnerability", "Say how likely a call is, and if it can be paid."),
    "stress": ("seawall.cli.stress:stress", "Say what days that happened, or might, do to a book."),
    "path": ("seawall.cli.path:path", "Follow a book through a scenario: margin, calls, the cash it takes."),
    "report": ("seawall.cli.report:report", "Write all of it as one HTML page, for people."),
    "reconcile": ("seawall.cli.reconcile:reconcile", "Compute a venue's own margin answer again."),
    "policy": ("seawall.cli.policy:app", "Margin parameters: list, show, difference, impact."),
    "snapshot": ("seawall.cli.snapshot:app", "Market snapshots: take, show, fit, convert."),
    "demo": ("seawall.cli.demo:demo", "All of it, on a bundled real market."),
}
"""Commands by where they live, so that they are loaded only when called, and a line for the list of them."""


def _register(asked: str) -> None:
    """Register the commands. The one that is asked for brings its own help, which its docstring holds."""
    for name, (target, line) in COMMANDS.items():
        if name == asked:
            app.command(target, name=name)
        else:
            app.command(target, name=name, help=line)


def main() -> None:
    """Run the command line; errors made on purpose become one message on stderr and an exit code."""
    from seawall.core.errors import SeawallError, UnavailableError, VenueError

    _register(sys.argv[1] if len(sys.argv) > 1 else "")
    try:
        code = app(exit_on_error=False)
    except CycloptsError:  # it has said what is wrong with the command line
        raise SystemExit(EXIT_BAD_INPUT) from None
    except BrokenPipeError:
        # The reader of a pipe has gone, as `| head` does; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except MemoryError:
        rule = "this machine has not enough memory for it: fewer draws, or some of the accounts"
        print(f"seawall: {rule}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        print(f"seawall: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except SeawallError as error:
        print(f"seawall: {error}", file=sys.stderr)
        code = EXIT_BAD_INPUT
        if isinstance(error, UnavailableError):
            code = EXIT_UNAVAILABLE
        elif isinstance(error, VenueError):
            code = EXIT_VENUE
    raise SystemExit(code if isinstance(code, int) else 0)
