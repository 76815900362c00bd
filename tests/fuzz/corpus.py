"""Small valid inputs of our own forms that changes start from, and recorded shapes of the venues' answers.

A seed is taken by its decoder: a test checks that, so that no search goes around a refusal. Of the recorded shapes,
which are seeds where the shared folder is there, nothing is promised.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from seawall.core.time import NS_PER_DAY
from seawall.instruments import Future, InstrumentTable, Option, Perpetual, Spot
from seawall.market import Feeds, MarketSnapshot, Origin
from seawall.market.codec import encode
from seawall.policy import MarginPolicy, at, policy_text
from tests.unit.venues.cme import samples as span
from tests.unit.venues.deribit import conftest as deribit
from tests.unit.venues.listed import samples as listed

ROOT = Path(__file__).parents[2]
SHAPES = Path(os.environ.get("SEAWALL_DATA", ROOT.parent / "shared" / "data")) / "native_shapes_cex.json"
LARGEST_SHAPE = 20_000
"""Bytes of a recorded answer that is worth a seed: a fuzzer makes few changes a second to a large one."""

LISTED = listed.as_bytes()
CSV = (
    b"account,instrument,size,kind,entry_price\ndesk,BTC-PERPETUAL,-10000,position,62000.5\ndesk,BTC,2.5,,\n"
    b"desk,BTC-25SEP26-100000-C,5,order,\nfund,BTC-25SEP26-100000-C,-5,,0.0123\nfund,BTC,0.01,spot_margin,\n",
    b"# by hand\ninstrument;size\nBTC-PERPETUAL;1e3\nUSDC;100\n\nETH_USDC-PERPETUAL;-0.5\n",
    b'\xef\xbb\xbfsize\tinstrument\r\n"5"\tBTC-25SEP26\r\n',
)
JSON = (
    b'{"desk": {"positions": {"BTC-PERPETUAL": -10000, "BTC-25SEP26-100000-C": {"size": 5, "entry_price": 0.015}}, '
    b'"orders": {"BTC-PERPETUAL": [500, -500]}, "balances": {"BTC": 2.5}, "charges": {"spot_margin": {"BTC": 0.01}}}, '
    b'"fund": {"balances": {"USDC": 7}}}',
    b'[{"account": "desk", "instrument": "BTC-PERPETUAL", "size": -500, "kind": "position", "entry_price": 60000}, '
    b'{"account": 7, "instrument": "BTC", "size": "1.5"}, '
    b'{"account": "desk", "instrument": "BTC-25SEP26-100000-C", "size": 1, "kind": "order"}]',
    b'{"BTC-PERPETUAL": -10000, "BTC": 1.5}',
)
TRADES = (b"BTC-PERPETUAL 500", b"BTC-25SEP26-100000-C -10 @ 0.0123", b"BTC-25SEP26 1e3@63000.5")

POLICY_DAY = "2026-08-01"
POLICY = {
    "schema": b"""
[general.mm_factor]
unit = "ratio"
min = 0
max = 1
description = "Share of the initial margin."
[currency."*".haircut]
unit = "ratio"
min = 0.0
max = 1.0
description = "Share that does not count."
[general.ladder]
kind = "numbers"
unit = "usd"
min = 0
max = 1e9
description = "Steps."
[general.orders]
kind = "flag"
unit = "flag"
description = "Whether orders count."
[general.rounding]
choices = ["up", "nearest"]
unit = "word"
description = "Which way."
""",
    "dated": b"""
[policy]
effective = 2026-08-01
title = "as an example"
notes = "none"
[sources]
doc = "by hand"
[general]
mm_factor = {value = 0.8, grade = "documented", source = "doc"}
ladder = {value = [1, 2.5, 1e6], grade = "assumed", source = "doc", note = "why", unit = "usd"}
orders = {value = true, grade = "verified", source = "doc"}
rounding = {value = "up", grade = "second_hand", source = "doc"}
[currency.BTC]
haircut = {value = 0.02, grade = "documented", source = "doc"}
[rules.floor]
statement = "A margin is not below 0."
grade = "documented"
source = "doc"
""",
    "rules": b"""
[sources]
doc = "by hand"
[rules.floor]
statement = "A margin is not below 0."
grade = "documented"
source = "doc"
""",
    "model": b"""
model = "deribit_x_pm"
parameters = "deribit/pm"
title = "an example"
kind = "exchange"
verified_against = "nobody"
notes = "none"
[sources]
doc = "by hand"
[rules.floor]
statement = "A margin is not below 0."
grade = "documented"
source = "doc"
""",
}


@cache
def market() -> MarketSnapshot:
    """Return a market of one instrument of each kind, with feeds, and with gaps."""
    coin = {"underlying": "BTC", "quote": "USD", "settlement": "BTC", "inverse": True}
    now_ns, expiry_ns = deribit.T0_MS * 1_000_000, deribit.EXPIRY_MS * 1_000_000
    table = InstrumentTable.of(
        [
            Perpetual(name="BTC-PERPETUAL", contract_size=10.0, lot=10.0, **coin),
            Future(name="BTC-25SEP26", expiry_ns=expiry_ns, **coin),
            Option(name="BTC-25SEP26-100000-C", strike=1e5, expiry_ns=expiry_ns, is_call=True, **coin),
            Option(name="BTC-25SEP26-100000-P", strike=1e5, expiry_ns=now_ns + NS_PER_DAY, is_call=False, **coin),
            Spot(name="BTC_USDC", underlying="BTC", quote="USDC", settlement="USDC"),
        ]
    )  # fmt: skip
    nan = float("nan")
    return MarketSnapshot.of(
        table, name="seed", venue="deribit", source="by hand", time_ns=now_ns, index={"BTC": 62_650.0, "USDC": 1.0},
        index_origin={"USDC": Origin.DERIVED}, notes=["USDC is taken as 1 USD."],
        mark=[62_700.0, 63_100.0, 0.0123, nan, 62_650.0], forward=[62_700.0, 63_100.0, 63_100.0, nan, 62_650.0],
        vol=[nan, nan, 0.586, nan, nan], bid=[62_699.5, nan, 0.012, nan, nan], ask=[62_700.5, nan, 0.0125, nan, nan],
        feeds=Feeds.of(5, rate=0.05, forward_confidence=0.9, index_confidence={"BTC": 0.99}),
    )  # fmt: skip


def snapshot_files() -> Sequence[bytes]:
    """Return snapshot files, one of them zipped."""
    content = encode(market())
    return content, gzip.compress(content, mtime=0)


def span_files() -> Sequence[bytes]:
    """Return parameter files of a clearing house: one with every sort of charge, and one without any."""
    charges = span.spread(1, 425.0, "202603", "202606") + (
        "<spotRate><r>1</r><pe>202603</pe><sprd>30</sprd><outr>50</outr></spotRate>"
    )
    return span.document(charges=charges, som=9_000.0), span.document()


def shapes(venue: str) -> Sequence[bytes]:
    """Return recorded answers of a venue, alone and side by side; none where the shared folder is not there."""
    recorded = _shapes().get(venue, {})
    answers = [answer for held in recorded.values() for answer in (held if isinstance(held, list) else [held])]
    found = [json.dumps(answer).encode() for answer in (*answers, recorded)]
    return [content for content in found if len(content) <= LARGEST_SHAPE]


@cache
def _shapes() -> dict[str, Any]:
    return dict(json.loads(SHAPES.read_bytes())) if SHAPES.is_file() else {}


def whole_policy() -> bytes:
    """Return a policy whole in one file, with outcomes that it states."""
    stated = {
        "outcomes.btc.current_price_moves": [-0.1, 0.0, 0.05], "outcomes.btc.current_vol_moves": [0.2, 0.0, -0.1],
        "outcomes.current_weights": [1.0, 0.5, 0.25], "outcomes.current_horizon_days": 1.0,
    }  # fmt: skip
    mine = MarginPolicy.of("mine", stated, like=at("house/tail/2026-01-01"), source="by hand")
    return policy_text(mine).encode()
