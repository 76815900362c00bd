"""Which reader takes which file: by the start of its name, so that another day's file finds the same reader."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.vectors import (
    binance_examples,
    bybit_portfolio,
    bybit_standard,
    deribit_identities,
    deribit_simulate,
    deribit_standard,
    derive_liquidation,
    derive_misc,
    derive_pmrm,
    derive_srm,
    drift,
    dydx_v4,
    hyperliquid,
    okx_examples,
    okx_position_builder,
    opyn_gamma,
    other_examples,
    paradex,
    span,
    synthetix_v3,
    theory_events,
    theory_evt,
    theory_financing_perps,
    theory_first_passage,
    theory_garch_vol,
    theory_haug,
    theory_merton_jump,
    theory_multiasset_mc,
    theory_portfolio,
    theory_tail,
    tims,
)
from tests.vectors.case import Case, Document, Finding, Later, not_understood


@dataclass(frozen=True, slots=True)
class Reader:
    """Files whose names start with `prefix`, what reads them, and where the numbers come from."""

    prefix: str
    read: Callable[[Document], Iterator[Finding]]
    origin: str


READERS = (
    Reader("theory_multiasset_mc", theory_multiasset_mc.read, "Haug's and Stulz's two-asset options, simulated too"),
    Reader("theory_merton_jump", theory_merton_jump.read, "Haug's table of Merton's jump diffusion, simulated too"),
    Reader("theory_garch_vol", theory_garch_vol.read, "RiskMetrics, Bollerslev and Ghysels's GARCH benchmark"),
    Reader("theory_evt", theory_evt.read, "McNeil's Danish fire losses, and the formulas of tails"),
    Reader("theory_events", theory_events.read, "what is known of the cascades of 2020, 2021 and 2025"),
    Reader("theory_first_passage", theory_first_passage.read, "Haug's touch options, and the reflection principle"),
    Reader("theory_financing_perps", theory_financing_perps.read, "liquidation prices by definition"),
    Reader("theory_portfolio", theory_portfolio.read, "contributions to risk, stress, repaired correlations"),
    Reader("theory_backtests", theory_tail.read_backtests, "closed-form VaR and ES of the QRM example"),
    Reader("theory_margin_optimisation", theory_tail.read_optimisation, "delta-gamma VaR, ES over horizons"),
    Reader("theory_haug_european", theory_haug.read, "Haug, Option Pricing Formulas, 1998"),
    Reader("derive_liquidation", derive_liquidation.read, "the stories of Derive's Dutch auction"),
    Reader("derive_misc", derive_misc.read, "Derive's on-chain Black-76 and SVI"),
    Reader("derive_pmrm", derive_pmrm.read, "the tests of Derive's portfolio managers"),
    Reader("derive_srm", derive_srm.read, "the tests of Derive's StandardManager"),
    Reader("drift_", drift.read, "the tests of Drift's program"),
    Reader("hyperliquid_", hyperliquid.read, "Hyperliquid's documentation, worked examples"),
    Reader("synthetix_v3", synthetix_v3.read, "the tests of Synthetix v3's perps market"),
    Reader("opyn_gamma_", opyn_gamma.read, "the tests of Opyn Gamma's margin calculator"),
    Reader("dydx_v4_", dydx_v4.read, "the tests of dYdX v4's chain"),
    Reader("cex_deribit_pme_simulate", deribit_simulate.read, "Deribit private/pme/simulate"),
    Reader("cex_binance", binance_examples.read, "Binance's documented answers and worked account"),
    Reader("cex_bybit_portfolio_margin", bybit_portfolio.read, "Bybit asset/portfolio-margin"),
    Reader("cex_bybit_option_sm", bybit_standard.read, "Bybit worked examples of cross margin"),
    Reader("cex_deribit_account_identities", deribit_identities.read, "Deribit account messages"),
    Reader("cex_deribit_sm_linear_perp", deribit_standard.read, "Deribit worked examples of standard margin"),
    Reader("cex_okx_position_builder", okx_position_builder.read, "OKX account/position-builder"),
    Reader("cex_okx_mr", okx_examples.read, "OKX worked examples of charges"),
    Reader("tradfi_span_mcmillan", span.read, "McMillan, Options as a Strategic Investment: SPAN risk arrays"),
    Reader("theory_span_tims", span.read_examples, "SPAN's and TIMS's rules, worked"),
    Reader("tradfi_tims_cboe", tims.read, "Cboe's sample positions of 23 February 2007"),
    Reader("cex_other", other_examples.read, "single examples of Gate, bit.com, Kraken, Dederi"),
    Reader("paradex_docs", paradex.read, "the worked examples of Paradex's documentation"),
)

FAMILIES = ("cex_okx", "cex_bybit", "cex_deribit", "derive", "paradex", "tradfi_span", "tradfi_tims")
"""Starts of names whose files differ by what is in them: one with none of the names above is read by its content."""

FOLDER_VARIABLE = "SEAWALL_VECTORS"
DEFAULT_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
PUBLISHED = Path(__file__).resolve().parent / "published"
"""Published facts that fit a page; they come with the tests, so that every clone checks them."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one file showed."""

    file: Path
    reader: Reader
    cases: tuple[Case, ...]
    later: tuple[Later, ...]

    @property
    def failed(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if not case.passes)

    @property
    def worst(self) -> Case:
        return max(self.cases, key=lambda case: case.strain)


def folder() -> Path:
    """Return the folder of shared vectors, which may not be there."""
    return asked_folder() or DEFAULT_FOLDER


def asked_folder() -> Path | None:
    """Return the folder that the caller names, None where the default is meant."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None


def matches(where: Path) -> list[tuple[Path, Reader]]:
    """Return each file of a folder that has a reader, sorted by name."""
    found = [(file, reader_of(file)) for file in sorted(where.glob("*.json"))]
    return [(file, reader) for file, reader in found if reader is not None]


def reader_of(file: Path) -> Reader | None:
    """Return what reads a file: by its name, else the one of its family that understands most; None if none does."""
    named = [reader for reader in READERS if file.name.startswith(reader.prefix)]
    if named:
        return named[0]
    family = next((start for start in FAMILIES if file.name.startswith(start)), None)
    if family is None:
        return None
    members = [reader for reader in READERS if reader.prefix.startswith(family)]
    nearest = min(members, key=lambda reader: _strangeness(file, reader))
    return None if _strangeness(file, nearest)[0] == 1.0 else nearest


def _strangeness(file: Path, reader: Reader) -> tuple[float, int]:
    """Return the share of a file's cases that a reader does not understand, and less than nothing for each it does."""
    cases = check(file, reader).cases
    strange = sum(case.note.startswith("not understood") for case in cases)
    return strange / len(cases), strange - len(cases)


def check(file: Path, reader: Reader) -> Report:
    """Read one file whole. What goes wrong on the way is a case that fails, never a case that is missing."""
    found: list[Finding] = []
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(document, list):
            document = {"cases": document}
        found.extend(reader.read(document))
    except Exception as error:  # noqa: BLE001 - a reader that breaks is a file that failed, and the others go on
        found.append(not_understood("file", f"{type(error).__name__}: {error}"))
    cases = [finding for finding in found if isinstance(finding, Case)]
    later = tuple(finding for finding in found if isinstance(finding, Later))
    if not cases:
        cases = [not_understood("file", "no case was found in it")]
    return Report(file, reader, tuple(cases), later)
