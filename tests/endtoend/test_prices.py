"""Own prices and costs as a person meets them: set in a terminal, held by a running server, asked in Python."""

import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ingest_house import text, traces_body
from longpole import ExecutionAnalytics, settings
from longpole.cli.commands import run_commands
from running_server import JSON, RunningServer, wait_until

START_NS = 1_795_225_553_000_000_000


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server of this test alone, which this process asks."""
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        running.start()
        monkeypatch.setattr(settings, "_chosen", settings.load(endpoint=running.url))
        yield running
    finally:
        running.close()


def printed(server: RunningServer, *command: str, offline: bool = False) -> str:
    """What a command prints; offline, it opens the folder itself."""
    where = ["--data", str(server.folder)] if offline else ["--url", server.url]
    before, sys.argv = sys.argv, ["longpole", *command, *where]
    try:
        with redirect_stdout(StringIO()) as out, suppress(SystemExit):
            run_commands()
    finally:
        sys.argv = before
    return out.getvalue()


def call(server: RunningServer, number: int, model: str, tokens: int) -> None:
    """An agent whose one model call took so many tokens in and a tenth of that out."""
    trace, times = f"{number:032x}", {"startTimeUnixNano": str(START_NS), "endTimeUnixNano": str(START_NS + 10**9)}
    usage = {"prompt_tokens": tokens, "completion_tokens": tokens // 10}
    told = [text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", model)]
    told.append(text("longpole.usage", json.dumps(usage)))
    agent = [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "shop")]
    spans: list[dict[str, Any]] = [
        {"traceId": trace, "spanId": "a" * 16, "name": "shop", "attributes": agent, **times},
        {"traceId": trace, "spanId": "b" * 16, "parentSpanId": "a" * 16, "name": "chat", "attributes": told, **times},
    ]
    assert server.post(traces_body(*spans), kind=JSON).status_code == 200


def settled(server: RunningServer, count: int) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]] | None:
        items = server.get("/api/executions").json()["items"]
        return items if len(items) == count and all(item["is_settled"] for item in items) else None

    return wait_until(found, f"{count} settled executions")


def cost_of_house_model() -> tuple[float | None, int]:
    parts = {part.name: part for part in ExecutionAnalytics.get_costs("model").parts}
    return parts["house-7b"].cost_usd, parts["house-7b"].calls_without_cost


def test_an_own_price_holds_from_now_on_and_for_what_is_stored_when_it_is_priced_again(server: RunningServer) -> None:
    call(server, 1, "house-7b", 1000)
    settled(server, 1)
    assert cost_of_house_model() == (None, 1)
    said = printed(server, "cost", "--by", "model")
    assert "the cost of 1 call is unknown" in said
    assert "1 of them named no model with a price." in said
    printed(server, "prices", "set", "house-7b", "--input", "1", "--output", "10")
    call(server, 2, "house-7b", 1000)
    settled(server, 2)
    assert cost_of_house_model() == (0.002, 1)
    assert "Would price 1 of 2 calls again" in printed(server, "prices", "recompute", "--dry-run")
    assert "Priced 1 of 2 calls again" in printed(server, "prices", "recompute")
    assert cost_of_house_model() == (0.004, 0)
    assert [item["cost_usd"] for item in settled(server, 2)] == [0.002, 0.002]
    (part,) = ExecutionAnalytics.get_costs("user").parts
    assert (part.name, part.cost_usd) == (None, 0.004)
    versions = [one.price_version for one in ExecutionAnalytics.get_costs().price_lists]
    (price,) = server.get("/api/prices").json()["items"]
    assert versions == [price["price_version"]]
    server.stop()  # what had come a moment before was shown, and not stored yet
    server.start()
    assert [item["cost_usd"] for item in settled(server, 2)] == [0.002, 0.002]


def test_own_prices_outlive_the_server_and_are_looked_after_without_it(server: RunningServer) -> None:
    said = server.client.put(f"{server.url}/api/prices", json={"model": "house-*", "input_usd": 2, "output_usd": 0})
    assert said.json()["input_usd"] == 2
    call(server, 1, "house-7b", 500)
    settled(server, 1)
    server.stop()
    assert "house-*" in printed(server, "prices", "list", offline=True)
    printed(server, "prices", "set", "house-*", "--input", "4", "--output", "0", offline=True)
    assert "Priced 1 of 1 call again" in printed(server, "prices", "recompute", offline=True)
    server.start()
    assert [item["cost_usd"] for item in settled(server, 1)] == [0.002]
    call(server, 2, "house-13b", 500)
    assert [item["cost_usd"] for item in settled(server, 2)] == [0.002, 0.002]
    gone = server.client.delete(f"{server.url}/api/prices", params={"model": "house-*"}).json()
    assert [item["input_usd"] for item in gone["items"]] == [4]
    assert server.get("/api/prices").json()["items"] == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"model": "  ", "input_usd": 1}, "names no model"),
    ({"model": "house-7b"}, "says nothing"),
    ({"model": "house-7b", "input_usd": -1}, "'input_usd' is '-1"),
    ({"model": "house-7b", "input_usd": "much"}, "input_usd"),
    ({"model": "house-7b", "input_usd": 1, "from_time": "soon"}, "'from_time' is 'soon'"),
    ({"model": "house-7b", "inputs_usd": 1}, "inputs_usd"),
]


def test_a_price_that_is_none_is_refused_in_words(server: RunningServer) -> None:
    answers = [server.client.put(f"{server.url}/api/prices", json=price) for price, _ in REFUSED]
    assert [answer.status_code for answer in answers] == [400] * len(REFUSED)
    assert [words for answer, (_, words) in zip(answers, REFUSED, strict=True) if words not in answer.text] == []
    assert server.get("/api/prices").json()["items"] == []
