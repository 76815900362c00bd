"""The commands as their users type them: a process, its output, its exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

BOOK = "account,instrument,size\ndesk,BTC-25SEP26-80000-C,-10\ndesk,BTC-PERPETUAL,50000\ndesk,BTC,10\n"
TWO = BOOK + "other,BTC,1\n"


def seawall(*words: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "seawall", *words]
    env = {**os.environ, "COLUMNS": "120"}
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False, cwd=cwd, timeout=120, env=env
    )


@pytest.fixture
def book(tmp_path: Path) -> str:
    path = tmp_path / "book.csv"
    path.write_text(BOOK)
    return str(path)


def test_a_bare_call_lists_the_commands_and_how_to_start() -> None:
    done = seawall()
    assert done.returncode == 0
    for word in ("margin", "what-if", "policy", "snapshot", "demo", "account,instrument,size"):
        assert word in done.stdout


def test_a_book_of_one_account_is_explained_to_the_bottom(book: str) -> None:
    done = seawall("margin", book, "--policy", "deribit/s_pm")
    assert done.returncode == 0, done.stderr
    for part in ("components, BTC", "btc_btc: profit and loss", "◀", "who contributes", "what it rests on", "digest"):
        assert part in done.stdout


def test_json_and_csv_agree_to_every_digit_and_json_holds_the_vectors(book: str) -> None:
    document = json.loads(seawall("margin", book, "--json").stdout)
    [row] = csv.DictReader(io.StringIO(seawall("margin", book, "--csv").stdout))
    [margin] = document["margins"]
    assert float(row["initial_margin"]) == margin["initial_margin"] > 0.0
    [matrix] = document["explained"]["desk"]["risk_matrices"]
    assert len(matrix["standard"]) == 9
    assert len(matrix["standard"][0]) == 3
    worst = min(min(min(vols) for vols in matrix["standard"]), *matrix["extended"])
    assert matrix["worst"] == pytest.approx(-worst, abs=1e-9)


def test_standard_input_is_a_book() -> None:
    done = seawall("margin", "-", "--account", "desk", stdin=TWO)
    assert done.returncode == 0, done.stderr
    assert "who contributes" in done.stdout


def test_bad_books_exit_with_two_and_name_every_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("account,instrument,size\na,BTC-25SEP26-80000-C,ten\na,BTC-PERPETUAL,15\na,BTC-99XXX26,1\n")
    done = seawall("margin", str(path))
    assert done.returncode == 2
    assert done.stdout == ""
    for line in (2, 3, 4):
        assert f"bad.csv, line {line}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("margin", "nowhere.csv"), "nowhere.csv"),
        (("margin", "demo", "--policy", "deribit/xpm"), "deribit/x_pm"),
        (("margin", "demo", "--account", "nobody"), "nobody"),
        (("margin", "demo", "--snapshot", "none"), "deribit-btc-2026-08-01"),
        (("margin", "demo", "--json", "--csv"), "one format"),
        (("what-if", "demo", "--trade", "BTC-PERPETUAL 10"), "account"),
    ],
)
def test_a_wrong_name_exits_with_two_and_says_which_are_right(words: tuple[str, ...], said: str) -> None:
    done = seawall(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_unavailable_exits_with_three_and_the_rest_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(TWO.replace("other,BTC,1", "other,DOGE,1"))
    done = seawall("margin", str(path), "--csv")
    assert done.returncode == 3
    rows = {row["account"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert float(rows["desk"]["initial_margin"]) > 0.0
    assert rows["other"]["initial_margin"] == ""
    assert "DOGE" in rows["other"]["unavailable"]


def test_what_if_prints_each_trades_effect(book: str) -> None:
    words = ("what-if", book, "--trade", "BTC-PERPETUAL -50000", "--trade", "BTC-25SEP26-80000-C 10", "--json")
    document = json.loads(seawall(*words).stdout)
    assert [row["instrument"] for row in document["trades"]] == ["BTC-PERPETUAL", "BTC-25SEP26-80000-C"]
    assert document["after"][0]["equity"] == pytest.approx(document["before"][0]["equity"])
    assert document["initial_after_usd"] < document["initial_before_usd"]
    assert seawall(*words[:-1]).returncode == 0


def test_policies_are_listed_shown_and_compared() -> None:
    assert "2026-02-15" in seawall("policy", "list").stdout
    shown = json.loads(seawall("policy", "show", "deribit/x_pm", "--at", "2026-03-01", "--json").stdout)
    assert shown["id"] == "deribit/x_pm/2026-02-15"
    assert all(row["grade"] for row in shown["settings"])
    rows = json.loads(seawall("policy", "diff", "deribit/x_pm/2026-02-15", "deribit/x_pm/2026-09-23", "--json").stdout)
    ranges = [row for row in rows if row["name"] == "currency_pair.btc_usd.price_range"]
    assert [(row["before"], row["after"]) for row in ranges] == [(0.16, 0.14)]


def test_the_demo_shows_seven_books_at_five_venues() -> None:
    done = seawall("demo")
    assert done.returncode == 0, done.stderr
    for name in ("short_strangle", "covered_call", "calendar", "box", "delta_hedged_short_gamma", "cash_and_carry",
                 "naked_wing_seller", "deribit/x_pm", "okx/pm", "bybit/pm", "binance/pm", "derive/pmrm2",
                 "netting"):  # fmt: skip
        assert name in done.stdout


def test_a_snapshot_is_listed_shown_and_written_anew(tmp_path: Path) -> None:
    assert "deribit-btc-2026-08-01" in seawall("snapshot", "list").stdout
    shown = seawall("snapshot", "show").stdout
    assert "2026-09-25" in shown
    assert "derived" in shown


def test_the_fit_of_a_chain_is_shown_expiry_by_expiry() -> None:
    done = seawall("snapshot", "fit")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("BTC 20") == 13
    assert "free of arbitrage where checked" in done.stdout
    assert "marks from their volatilities" not in done.stdout  # these are derived, so that would say nothing


class Venue(BaseHTTPRequestHandler):
    """A venue of one perpetual and one option; `/broken` answers with a page."""

    def do_GET(self) -> None:
        url = urlparse(self.path)
        asked = {name: texts[0] for name, texts in parse_qs(url.query).items()}
        if "broken" in url.path:
            self._send(b"<html>maintenance</html>")
            return
        self._send(json.dumps({"jsonrpc": "2.0", "result": self._result(url.path, asked)}).encode())

    def _result(self, path: str, asked: dict[str, str]) -> object:
        facts = {"base_currency": "BTC", "settlement_currency": "BTC", "counter_currency": "USD", "is_active": True,
                 "state": "open", "tick_size_steps": []}  # fmt: skip
        perpetual = facts | {"instrument_name": "BTC-PERPETUAL", "kind": "future", "quote_currency": "USD",
                             "contract_size": 10, "min_trade_amount": 10,
                             "expiration_timestamp": 32503708800000}  # fmt: skip
        option = facts | {"instrument_name": "BTC-25SEP26-80000-C", "kind": "option", "quote_currency": "BTC",
                          "contract_size": 1.0, "min_trade_amount": 0.1, "strike": 80000.0, "option_type": "call",
                          "expiration_timestamp": 1790323200000}  # fmt: skip
        stamp = 1_785_607_084_000
        if path.endswith("get_instruments"):
            kinds = {"option": [option], "future": [perpetual]}
            return kinds.get(asked.get("kind", ""), [perpetual, option])
        if path.endswith("get_book_summary_by_currency"):
            future = {"instrument_name": "BTC-PERPETUAL", "creation_timestamp": stamp, "mark_price": 62_700.0,
                      "bid_price": 62_699.5, "ask_price": 62_700.5, "open_interest": 1_000,
                      "estimated_delivery_price": 62_650.0}  # fmt: skip
            call = {"instrument_name": "BTC-25SEP26-80000-C", "creation_timestamp": stamp, "mark_price": 0.0123,
                    "mark_iv": 45.0, "bid_price": 0.012, "ask_price": 0.0126, "open_interest": 5.0,
                    "underlying_price": 63_000.0, "underlying_index": "BTC-25SEP26", "interest_rate": 0}  # fmt: skip
            kinds = {"option": [call], "future": [future]}
            return kinds.get(asked.get("kind", ""), [future, call])
        if path.endswith("get_index_price"):
            return {"index_price": 62_650.0, "estimated_delivery_price": 62_650.0}
        return {"instrument_name": "BTC-PERPETUAL", "timestamp": stamp, "mark_price": 62_700.0, "index_price": 62_650.0,
                "best_bid_price": 62_699.5, "best_bid_amount": 10.0, "best_ask_price": 62_700.5,
                "best_ask_amount": 10.0, "open_interest": 1_000, "funding_8h": 1e-5, "state": "open"}  # fmt: skip

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Keep the test's output clean."""


@pytest.fixture
def venue() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Venue)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_live_snapshot_is_taken_written_and_margined(venue: str, book: str, tmp_path: Path) -> None:
    done = seawall("snapshot", "deribit", "--base-url", f"{venue}/api/v2", "--out", "live.seawall", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    margined = json.loads(seawall("margin", book, "--snapshot", str(tmp_path / "live.seawall"), "--json").stdout)
    assert margined["margins"][0]["initial_margin"] > 0.0


def test_a_venue_that_answers_nonsense_exits_with_four(venue: str, tmp_path: Path) -> None:
    done = seawall("snapshot", "deribit", "--base-url", f"{venue}/broken", "--out", "live.seawall", cwd=tmp_path)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "live.seawall").exists()


def test_a_narrow_terminal_loses_no_figure(book: str) -> None:
    command = [sys.executable, "-m", "seawall", "margin", book]
    script = (
        "import os, pty, sys\n"
        "os.environ['COLUMNS'] = '80'\n"
        "sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "…" not in done.stdout
    for word in ("worst scenario", "evidence", "vol up", "vol same", "vol down", "◀"):
        assert word in done.stdout


def test_a_reader_that_leaves_is_no_failure(book: str) -> None:
    line = f"{sys.executable} -m seawall margin {book} --explain; echo code $? >&2"
    done = subprocess.run(f"({line}) | true", shell=True, capture_output=True, text=True, check=False, timeout=120)
    assert "code 0" in done.stderr
    assert "Traceback" not in done.stderr


def test_only_what_is_asked_for_decides_the_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(TWO.replace("other,BTC,1", "other,DOGE,1"))
    assert seawall("margin", str(path), "--account", "desk").returncode == 0
    assert seawall("margin", str(path), "--account", "other").returncode == 3


@pytest.mark.parametrize(
    "words", [("margin",), ("nonsense",), ("snapshot", "deribit", "--currency", "DOGE"), ("what-if", "demo")]
)
def test_a_command_line_that_cannot_be_read_exits_with_two(words: tuple[str, ...]) -> None:
    done = seawall(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("words", "example"),
    [
        (("margin",), "$ seawall margin book.csv --csv > margins.csv"),
        (("what-if",), "$ seawall what-if book.csv --trade"),
        (("policy", "diff"), "$ seawall policy diff deribit/x_pm/2026-02-15"),
        (("snapshot", "deribit"), "$ seawall snapshot deribit --currency BTC"),
    ],
)
def test_help_teaches_by_example(words: tuple[str, ...], example: str) -> None:
    assert example in seawall(*words, "--help").stdout


@pytest.mark.parametrize("tolerance", ["nan", "inf", "-1", "1"])
def test_a_tolerance_that_lets_anything_pass_is_refused(tolerance: str, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text("{}")
    done = seawall("reconcile", str(file), f"--tolerance={tolerance}")
    assert done.returncode == 2
    assert "tolerance" in done.stderr
