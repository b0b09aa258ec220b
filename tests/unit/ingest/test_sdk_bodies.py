"""What every released SDK sent is taken by this server, and means what it meant: `docs/reference/compatibility.md`."""

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from house.checkout import ROOT
from ingest_house import House
from longpole.ingest.decode import check_body
from longpole.ingest.spool import BodyFormat, Signal

FOLDER = ROOT / "tests" / "sdk_bodies"
VERSIONS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name[0].isdigit())
SIGNALS = {"/v1/traces": Signal.TRACES, "/v1/logs": Signal.LOGS}


class Recorded(Struct):
    """The bodies of a version in order, and what its program did."""

    bodies: list[tuple[Signal, bytes]]
    truth: dict[str, Any]


@pytest.fixture(params=VERSIONS)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    folder = FOLDER / request.param
    lines = [json.loads(line) for line in (folder / "bodies.jsonl").read_text().splitlines()]
    bodies = [(SIGNALS[line["path"]], json.dumps(line["body"]).encode()) for line in lines]
    return Recorded(bodies, json.loads((folder / "truth.json").read_text()))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def rows_of(house: House, recorded: Recorded, table: str) -> list[dict[str, Any]]:
    traces = {
        span["traceId"]
        for _, body in recorded.bodies
        for resource in json.loads(body).get("resourceSpans", ())
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    }
    asked = {"workspace": "default", "trace_ids": sorted(traces)}
    return [dict(row) for row in house.engine.rows(f"trace_{table}", asked)]


def take(house: House, recorded: Recorded) -> None:
    pipeline = house.start()
    for signal, body in recorded.bodies:
        house.offer(body, signal)
    assert pipeline.drain(20)
    assert pipeline.counters.poisoned == 0
    assert house.letters() == []


def test_the_version_of_this_checkout_is_recorded() -> None:
    assert version("longpole") in VERSIONS  # python scripts/record_sdk_bodies.py


def test_nothing_that_was_sent_is_refused(recorded: Recorded) -> None:
    checked = [check_body(body, BodyFormat.JSON, signal) for signal, body in recorded.bodies]
    assert [one.rejected for one in checked if one.rejected] == []
    assert {signal for signal, _ in recorded.bodies} == set(SIGNALS.values())


def test_it_is_stored_as_what_it_was(house: House, recorded: Recorded) -> None:
    take(house, recorded)
    truth = recorded.truth
    executions = {row["agent"]: row for row in rows_of(house, recorded, "executions")}
    names = {row["execution_id"]: agent for agent, row in executions.items()}
    assert {agent: row["status"] for agent, row in executions.items()} == truth["executions"]
    parents = {
        agent: names[row["parent_execution_id"]] for agent, row in executions.items() if row["parent_execution_id"]
    }
    assert parents == truth["children"]
    tokens = {agent: [executions[agent][f"{kind}_tokens"] for kind in ("input", "output")] for agent in truth["tokens"]}
    assert tokens == truth["tokens"]
    unknown = {agent: executions[agent]["model_calls_without_usage"] for agent in truth["model_calls_without_usage"]}
    assert unknown == truth["model_calls_without_usage"]
    steps = rows_of(house, recorded, "steps")
    assert {row["name"]: row["category"] for row in steps} == truth["steps"]
    assert [row["name"] for row in steps if row["status"] == "failed"] == truth["failed_steps"]


def test_what_it_tells_beside_the_spans_is_kept_too(house: House, recorded: Recorded) -> None:
    take(house, recorded)
    truth = recorded.truth
    decisions = {row["candidate"]: row["outcome"] for row in rows_of(house, recorded, "decisions")}
    assert decisions == truth["decisions"]
    events = rows_of(house, recorded, "events")
    assert sorted(row["message"] for row in events if row["name"] == "longpole.log") == sorted(truth["log_lines"])
    assert [row["stage"] for row in events if row["name"] == "longpole.stage" and row["status"] == "started"] == truth[
        "stages"
    ]
    scores = rows_of(house, recorded, "scores")
    assert {row["name"]: row["value"] for row in scores} == truth["scores"]
    agents = house.engine.rows("agents_known", {"workspace": "default"})
    assert sorted({row["agent"] for row in agents if row["is_registered"]}) == truth["registered"]
    assert len(house.engine.rows("process_list", {"workspace": None, "limit": 10})) == truth["processes_that_beat"]


def test_sent_twice_it_is_there_once(house: House, recorded: Recorded) -> None:
    take(house, recorded)
    before = house.counts()
    take(house, recorded)
    assert house.counts() == before
