"""The client against a server of its own on this machine's loopback; no test calls the venue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from seawall.core.errors import InputError, VenueError
from seawall.market import MarketSnapshot, Origin
from seawall.venues.deribit.client import fetch_snapshot
from seawall.venues.deribit.decode import snapshot_from_native_file

Rows = list[dict[str, Any]]
Market = tuple[Rows, Rows, Rows]
LIMITED = b'{"jsonrpc":"2.0","error":{"code":10028,"message":"too_many_requests"}}'


@dataclass
class Reply:
    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    hang_seconds: float = 0.0


@dataclass
class FakeVenue:
    """What the server answers: `script` by method first, one reply a call, and then `market`."""

    market: Callable[[str, dict[str, str]], bytes]
    script: dict[str, list[Reply]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    now_ns: int = 0
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def reply(self, path: str) -> Reply:
        parts = urlsplit(path)
        method, arguments = parts.path.removeprefix("/api/v2/public/"), dict(parse_qsl(parts.query))
        self.calls.append((method, arguments))
        planned = self.script.get(method)
        return planned.pop(0) if planned else Reply(self.market(method, arguments))

    def fetch(self, currency: str = "BTC", **options: Any) -> MarketSnapshot:
        settings = {"timeout_seconds": 2.0, "now": lambda: self.now_ns, "sleep": self.waits.append} | options
        return fetch_snapshot(currency, base_url=f"{self.url}/api/v2", progress=self.lines.append, **settings)


@pytest.fixture(autouse=True)
def no_proxy_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def serve() -> Iterator[Callable[[FakeVenue], FakeVenue]]:
    servers: list[tuple[ThreadingHTTPServer, FakeVenue]] = []

    def start(venue: FakeVenue) -> FakeVenue:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                reply = venue.reply(self.path)
                venue.released.wait(reply.hang_seconds)
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(reply.body)))
                for name, text in reply.headers.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(reply.body[: reply.cut_at])

            def log_message(self, *arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *arguments: None  # type: ignore[method-assign]  # a client may hang up first
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        venue.url = f"http://127.0.0.1:{server.server_address[1]}"
        servers.append((server, venue))
        return venue

    yield start
    for server, venue in servers:
        venue.released.set()
        server.shutdown()
        server.server_close()


def of_rows(instruments: Rows, summaries: Rows, tickers: Rows, *, index: float | None = 62_655.5) -> FakeVenue:
    """A venue that answers from rows, each call by its own arguments."""
    kind_of = {row["instrument_name"]: row["kind"] for row in instruments}

    def market(method: str, arguments: dict[str, str]) -> bytes:
        result: Any
        if method == "get_instruments":
            assert arguments["expired"] == "false"
            result = instruments
        elif method == "get_book_summary_by_currency":
            result = [row for row in summaries if kind_of.get(row["instrument_name"], "future") == arguments["kind"]]
        elif method == "ticker":
            result = next(row for row in tickers if row["instrument_name"] == arguments["instrument_name"])
        elif method == "get_index_price" and index is not None:
            result = {"index_price": index, "estimated_delivery_price": index}
        else:
            return b'{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params"}}'
        return msgspec.json.encode({"jsonrpc": "2.0", "result": result})

    return FakeVenue(market)


@pytest.fixture
def venue(small_market: Market, serve: Callable[[FakeVenue], FakeVenue], make: Any) -> FakeVenue:
    made = serve(of_rows(*small_market))
    made.now_ns = make.t0_ns
    return made


def test_a_coin_takes_five_calls(venue: FakeVenue, option_name: str) -> None:
    snapshot = venue.fetch()
    assert [method for method, _ in venue.calls] == [
        "get_instruments", "get_book_summary_by_currency", "get_book_summary_by_currency", "ticker", "get_index_price",
    ]  # fmt: skip
    assert len(snapshot) == 3
    assert snapshot.vol[snapshot.table.position(option_name)] == 0.586
    assert snapshot.index == {"BTC": 62_655.5}
    assert snapshot.index_origin["BTC"] == Origin.OBSERVED
    assert snapshot.name == "deribit-btc-2026-08-01T17:58:05.500Z"
    assert venue.waits == []
    assert len(venue.lines) == 5


def test_spot_pairs_are_left_out_and_counted(venue: FakeVenue, small_market: Market, make: Any) -> None:
    pair = make.listed("BTC_USDC", "spot", quote_currency="USDC", settlement_currency="USDC")
    small_market[0].append(pair)
    snapshot = venue.fetch()
    assert "BTC_USDC" not in snapshot.table
    assert any(note.startswith("1 spot pairs") for note in snapshot.notes)


def test_a_rate_limit_is_waited_out_with_growing_pauses(venue: FakeVenue) -> None:
    venue.script["get_instruments"] = [Reply(LIMITED, 400), Reply(LIMITED), Reply(b"", 503)]
    assert len(venue.fetch()) == 3
    assert venue.waits == [0.5, 1.0, 2.0]
    assert any("rate limit is reached (error 10028); waiting 0.5 s" in line for line in venue.lines)


def test_the_pause_that_the_venue_asks_for_is_kept(venue: FakeVenue) -> None:
    http_date = formatdate(venue.now_ns // 10**9 + 11, usegmt=True)
    venue.script["ticker"] = [Reply(b"", 429, {"Retry-After": "7"}), Reply(b"", 429, {"Retry-After": http_date})]
    venue.fetch()
    assert venue.waits == [7.0, 11.0]


def test_a_pause_that_is_too_long_is_handed_to_the_caller(venue: FakeVenue) -> None:
    venue.script["ticker"] = [Reply(b"", 429, {"Retry-After": "3600"})]
    with pytest.raises(VenueError, match=r"ticker\(instrument_name=BTC-PERPETUAL\): .* asks for a pause of 3600 s"):
        venue.fetch()
    assert venue.waits == []


def test_tries_are_bounded(venue: FakeVenue) -> None:
    venue.script["get_instruments"] = [Reply(b"", 502)] * 9
    with pytest.raises(VenueError, match=r"get_instruments\(currency=BTC, .*HTTP 502\), after 3 tries; try again"):
        venue.fetch(retries=2)
    assert venue.waits == [0.5, 1.0]
    assert len(venue.calls) == 3


def test_silence_is_a_time_out(venue: FakeVenue) -> None:
    venue.script["get_instruments"] = [Reply(b"", hang_seconds=30.0)] * 2
    with pytest.raises(VenueError, match=r"no answer within 0\.05 s, after 2 tries"):
        venue.fetch(timeout_seconds=0.05, retries=1)


def test_a_venue_that_is_not_there_is_told(venue: FakeVenue) -> None:
    with pytest.raises(VenueError, match="the connection failed"):
        fetch_snapshot(base_url="http://127.0.0.1:1/api/v2", retries=0, now=lambda: 0, sleep=venue.waits.append)


def test_an_answer_cut_off_is_asked_for_again(venue: FakeVenue, make: Any) -> None:
    whole = make.answer([])
    venue.script["get_book_summary_by_currency"] = [Reply(whole, cut_at=9), Reply(whole[:-3])]
    assert len(venue.fetch()) == 3
    assert [line for line in venue.lines if "cut off at 9 of" in line or "breaks off" in line]
    assert venue.waits == [0.5, 1.0]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(b"<html>sign in</html>"), "bytes came that are not JSON"),
        (Reply(b"[1, 2]"), "no JSON-RPC response"),
        (Reply(b'{"hello": 1}'), "no JSON-RPC response"),
        (Reply(b"not here", 404), "HTTP 404"),
        (Reply(b'{"jsonrpc":"2.0","error":{"code":-32601,"message":"No method"}}', 400), "error -32601: No method"),
        (Reply(b'{"result": []}'), "no option and no future came"),
        (Reply(b'{"result": "soon"}'), "has not the documented shape"),
    ],
)
def test_nonsense_is_told_and_not_asked_for_again(reply: Reply, told: str, venue: FakeVenue) -> None:
    venue.script["get_instruments"] = [reply]
    with pytest.raises(VenueError, match=f"get_instruments.*{told}"):
        venue.fetch()
    assert len(venue.calls) == 1


def test_a_part_of_a_market_is_no_snapshot(venue: FakeVenue, small_market: Market) -> None:
    small_market[1].pop()
    with pytest.raises(VenueError, match=r"kind=future\): 1 of 2 rows came; BTC-PERPETUAL is one of those missing"):
        venue.fetch()


def test_an_inactive_listing_needs_no_price(venue: FakeVenue, small_market: Market, option_name: str) -> None:
    small_market[0][2]["is_active"] = False
    small_market[1].pop(0)
    snapshot = venue.fetch()
    assert snapshot.observed_ns[snapshot.table.position(option_name)] == 0


def test_what_was_listed_between_two_calls_is_asked_for_once_more(
    venue: FakeVenue, small_market: Market, make: Any
) -> None:
    before = [*small_market[0][:2], make.listed("BTC-25SEP26-90000-C", "option", strike=90_000.0)]
    venue.script["get_instruments"] = [Reply(make.answer(before))]
    assert len(venue.fetch()) == 3
    assert [method for method, _ in venue.calls].count("get_instruments") == 2


def test_impossible_numbers_are_bad_input_with_their_path(venue: FakeVenue, small_market: Market) -> None:
    small_market[1][0]["mark_iv"] = -0.2
    with pytest.raises(InputError, match=r"mark_iv is -0\.2"):
        venue.fetch()


def test_prices_far_from_the_clock_are_noted(venue: FakeVenue) -> None:
    venue.now_ns += 3_600 * 10**9
    assert any("3598 s apart from this machine's clock" in note for note in venue.fetch().notes)


@pytest.mark.parametrize("index", [None, 0.9997])
def test_a_stable_coin_has_its_index_or_the_stated_assumption(
    index: float | None, serve: Callable[[FakeVenue], FakeVenue], make: Any
) -> None:
    name = "ETH_USDC-PERPETUAL"
    linear = make.listed(name, "future", base_currency="ETH", quote_currency="USDC", settlement_currency="USDC",
                         contract_size=0.001, min_trade_amount=0.001)  # fmt: skip
    venue = serve(of_rows([linear], [make.summary(name)], [], index=index))
    snapshot = venue.fetch("USDC")
    assert snapshot.index["USDC"] == (index or 1.0)
    assert (snapshot.index_origin["USDC"] == Origin.DERIVED) is (index is None)


def test_a_coin_without_index_is_an_error(serve: Callable[[FakeVenue], FakeVenue], small_market: Any) -> None:
    with pytest.raises(VenueError, match=r"get_index_price\(index_name=btc_usd\).*-32602"):
        serve(of_rows(*small_market, index=None)).fetch()


@pytest.mark.parametrize(
    ("options", "field"),
    [({"currency": "btc"}, "currency"), ({"base_url": "file:///etc/passwd"}, "base_url"),
     ({"timeout_seconds": 0.0}, "timeout_seconds"), ({"retries": -1}, "retries")],
)  # fmt: skip
def test_bad_arguments_are_refused_before_any_call(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        fetch_snapshot(**options)
    assert caught.value.problems[0].field == field


def test_the_recorded_market_comes_back_over_the_wire(
    recorded: Callable[[str], bytes], serve: Callable[[FakeVenue], FakeVenue]
) -> None:
    content = recorded("options/deribit_btc_native_shape_20260121.json.gz")
    file = msgspec.json.decode(content)
    rows = (file["get_instruments"]["result"], file["get_book_summary_by_currency"]["result"], file["tickers"])
    perpetual = next(row for row in file["tickers"] if row["instrument_name"] == "BTC-PERPETUAL")
    fetched = serve(of_rows(*rows, index=perpetual["index_price"])).fetch()
    read = snapshot_from_native_file(content)
    assert fetched.table.names == read.table.names
    for column in ("mark", "vol", "forward", "bid", "ask", "open_interest", "funding_8h"):
        assert getattr(fetched, column).tobytes() == getattr(read, column).tobytes(), column
    assert fetched.index == read.index
