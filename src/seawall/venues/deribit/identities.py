"""What has to add up in Deribit's account messages: residuals to run on one's own `private/get_account_summary`.

A residual far above the eighth decimal says that the message is not what we take it for: another margin model, a new
field, or answers from two instants.

Source: Deribit API reference, `private/get_account_summary` and `private/simulate_portfolio`; each identity holds on
the documented examples to the last printed digit, `delta_total` to the sixth.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from seawall.core.errors import InputError, Problem

SEGREGATED_STANDARD = ("segregated_sm",)
MARGIN_MODELS = (*SEGREGATED_STANDARD, "cross_sm", "segregated_pm", "cross_pm")

Message: TypeAlias = Mapping[str, Any]


def identity_residuals(summary: Message) -> dict[str, float]:
    """Return left side less right side of each identity that applies to an account message, by its left side.

    Parameters
    ----------
    summary
        One currency's entry of `private/get_account_summary` (or `_summaries`), or the result of
        `private/simulate_portfolio`. An identity whose fields are not all there is left out.

    Returns
    -------
    dict[str, float]
        In units of the currency; `delta_total` in base asset.

    Raises
    ------
    InputError
        When `margin_model` is missing or unknown, or a field is not a number.

    Notes
    -----
    - Segregated standard margin: `margin_balance = equity - options_value`.
    - All: `available_funds = margin_balance - initial_margin`, where no haircut lowers what counts; the cross margin of
      several currencies shows it in each of them.
    - Segregated standard margin: `available_withdrawal_funds = min(balance, margin_balance) - initial_margin`.
    - All: `total_pl = futures_pl + options_pl`, `session_upl = futures_session_upl + options_session_upl`.
    - All: `delta_total = sum(delta_total_map) - options_value`, the net transaction delta.

    Examples
    --------
    >>> found = identity_residuals({"margin_model": "segregated_sm", "equity": 302.5, "options_value": -0.5,
    ...                             "margin_balance": 303.0, "futures_pl": 1.0, "options_pl": 0.5, "total_pl": 2.0})
    >>> found
    {'margin_balance': 0.0, 'total_pl': 0.5}
    """
    model = summary.get("margin_model")
    if model not in MARGIN_MODELS:
        raise InputError(Problem("margin_model", model, f"margin models are {', '.join(MARGIN_MODELS)}"))
    residuals: dict[str, float] = {}
    for left, models, fields, right in _IDENTITIES:
        if model in models and all(summary.get(field) is not None for field in (left, *fields)):
            amounts = [_amount(summary, field) for field in fields]
            residuals[left] = _amount(summary, left) - right(*amounts)
    return residuals


_IDENTITIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...], Callable[..., float]], ...] = (
    ("margin_balance", SEGREGATED_STANDARD, ("equity", "options_value"), lambda equity, options: equity - options),
    ("available_funds", MARGIN_MODELS, ("margin_balance", "initial_margin"), lambda balance, margin: balance - margin),
    (
        "available_withdrawal_funds",
        SEGREGATED_STANDARD,
        ("balance", "margin_balance", "initial_margin"),
        lambda cash, balance, margin: min(cash, balance) - margin,
    ),
    ("total_pl", MARGIN_MODELS, ("futures_pl", "options_pl"), lambda futures, options: futures + options),
    (
        "session_upl",
        MARGIN_MODELS,
        ("futures_session_upl", "options_session_upl"),
        lambda futures, options: futures + options,
    ),
    ("delta_total", MARGIN_MODELS, ("delta_total_map", "options_value"), lambda deltas, options: deltas - options),
)
"""Left side, margin models it holds for, fields of the right side, the right side."""


def _amount(summary: Message, field: str) -> float:
    """Return a field as a number; a map of deltas counts as their sum."""
    entry = summary[field]
    amounts = list(entry.values()) if isinstance(entry, Mapping) else [entry]
    for amount in amounts:
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            raise InputError(Problem(field, amount, "it is a number"))
        if not abs(amount) < sys.float_info.max:  # JSON has integers that are larger than any float64
            raise InputError(Problem(field, amount, "it is a finite number"))
    return float(sum(map(float, amounts)))
