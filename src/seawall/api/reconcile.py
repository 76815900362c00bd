"""`reconcile`: a margin answer of Deribit, OKX, Bybit or Binance, computed again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from seawall.api.margins import PolicySource, as_policy
from seawall.api.other_kinds import MARGIN_ANSWER, other_kind
from seawall.core.errors import InputError, Problem, UnknownNameError
from seawall.margining.evaluate import evaluate
from seawall.margining.reconciliation import Reconciliation, reconciled
from seawall.portfolio.findings import SHOWN_CHARACTERS_COUNT, Findings
from seawall.portfolio.json_form import parsed_json
from seawall.venues.catalogue import VENUES
from seawall.venues.reply import MarginReply

ReplySource: TypeAlias = str | Path | bytes | Mapping[str, Any]

_FORMS = (
    "Deribit's private/pme/simulate, OKX's account/position-builder, Bybit's asset/portfolio-margin or Binance's "
    "papi/v1/account"
)


def reconcile(reply: ReplySource, *, policy: PolicySource | None = None) -> Reconciliation:
    """Return a venue's margin answer beside our own numbers for the book, market and parameters that it states.

    Parameters
    ----------
    reply
        A path to the JSON, its bytes, or the parsed answer, with or without the envelope that the venue puts around it:
        Deribit's `private/pme/simulate`, OKX's `account/position-builder`, Bybit's `asset/portfolio-margin`, or
        Binance's `papi/v1/account` beside its balances, positions and `asset-index-price`.
    policy
        Another policy than the one that the answer states or that held at its time.

    Returns
    -------
    Reconciliation
        Every number that both sides have: totals, components, intermediate charges, cells of the grid.

    Raises
    ------
    InputError
        When it is no margin answer of a venue that we know, or lacks what its numbers were made from.

    Examples
    --------
    >>> import json
    >>> import seawall as sw
    >>> answer = json.loads('''{"result": {"model_params": {"general": {"timestamp": 1718619740501, "mm_factor": 0.8}},
    ...   "portfolio": {"position": {"BTC-PERPETUAL": 0.5}, "currency": {}}, "index_price": {"btc_usd": 65666.19},
    ...   "ticker": {"BTC-PERPETUAL": {"mark_price": 65910.57, "index_price": 65666.19}},
    ...   "margins": {"btc": {"maintenance_margin": 0.08}}}}''')
    >>> line = sw.reconcile(answer).lines[0]
    >>> line.name, round(line.ours, 6), line.theirs
    ('maintenance_margin', 0.08019, 0.08)
    """
    document, origin = _parsed(reply)
    found = _reply(document, origin)
    chosen = found.policy if policy is None else as_policy(policy, time=found.snapshot.time_ns)
    venue = VENUES.get(found.snapshot.venue)
    [margins] = evaluate(
        found.book, found.snapshot, [chosen], check_lots=False, parse=None if venue is None else venue.parse
    )
    return reconciled(margins, found.stated, reconstructed=found.reconstructed)


def _parsed(reply: ReplySource) -> tuple[object, str]:
    if isinstance(reply, Mapping):
        return reply, "answer"
    if isinstance(reply, bytes | bytearray):
        content, origin = bytes(reply), "answer"
    elif isinstance(reply, str | Path):
        path = Path(reply)
        try:
            if not path.is_file():
                raise UnknownNameError(Problem("answer", str(reply)[:200], "it is a file"))
            content, origin = path.read_bytes(), path.name
        except (OSError, ValueError) as error:
            rule = f"an answer's file can be read: {error}"[:300]
            raise InputError(Problem("answer", str(reply)[:200], rule)) from None
    else:
        raise InputError(Problem("answer", type(reply).__name__, f"it is a path, bytes or a mapping: {_FORMS}"))
    findings = Findings(origin)
    document = parsed_json(content, findings)
    findings.raise_any()
    return document, origin


def _reply(document: object, origin: str) -> MarginReply:
    for venue in VENUES.values():
        if venue.read_reply is not None and (found := venue.read_reply(document, origin=origin)) is not None:
            return found
    if (told := other_kind(document, wanted=MARGIN_ANSWER, origin=origin)) is not None:
        raise InputError(told)
    keys = ", ".join(map(str, document)) if isinstance(document, Mapping) else type(document).__name__
    raise InputError(Problem("answer", keys[:SHOWN_CHARACTERS_COUNT], f"it is one of {_FORMS}", where=origin))
