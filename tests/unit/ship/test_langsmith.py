"""Profiled calls as LangSmith runs: the body is what the official client sends, and delivery never disturbs.

`langsmith_client_0_14_17.json` is what the official client sent to a loopback server whose `/info` offered no multipart
route: a `@traceable(run_type="tool")` with a child, and one that raised (platform, environment and paths taken out).
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from longpole.model.profile import ProfileMetrics, ProfilePlace
from longpole.ship import langsmith
from longpole.ship.langsmith import LangSmithExporter, RunBody
from longpole.wire.redact import Redactor
from otlp_sink import OtlpSink, wait_until

CAPTURED = json.loads(Path(__file__).with_name("langsmith_client_0_14_17.json").read_text())
STARTED = 1_795_243_772_700_363_000
MS = 1_000_000
# The client repeats them from its own environment; a run is complete without.
CLIENTS_OWN_RUNTIME = {"langchain_version", "langchain_core_version"}

Make = Callable[..., LangSmithExporter]


@pytest.fixture(autouse=True)
def _no_warnings_on_the_terminal(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "longpole")


@pytest.fixture
def make_exporter() -> Iterator[Make]:
    made: list[LangSmithExporter] = []

    def make(url: str, *, api_key: str | None = "lsv2_secret", **more: Any) -> LangSmithExporter:
        made.append(LangSmithExporter(url, api_key, _body(), **{"linger_s": 60.0, "timeout_s": 5.0, **more}))
        return made[-1]

    yield make
    for exporter in made:
        exporter.close(0.1)


def _body() -> RunBody:
    return RunBody("proj", "0.1.0", Redactor(), seed=b"s" * 16)


def _call(name: str = "work", *, number: int = 1, path: tuple[ProfilePlace, ...] = (), **more: Any) -> ProfileMetrics:
    started = STARTED + number * MS
    return ProfileMetrics(
        name=name, started_ns=started, duration_ns=5 * MS, path=(*path, ProfilePlace(number, started)), **more
    )


def _captured(name: str) -> dict[str, Any]:
    return next(run for run in CAPTURED["body"]["post"] if run["name"] == name)


def _family() -> dict[str, dict[str, Any]]:
    parent = _call("parent", number=1)
    child = _call("child", number=2, path=parent.path, parent="parent")
    broken = _call("broken", number=3, error_type="ValueError", error="no")
    runs = json.loads(_body().batch([child, parent, broken]))["post"]
    return {run["name"]: run for run in runs}


def _shape(value: Any) -> Any:
    """Types and formats, without the values."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if not isinstance(value, str):
        return type(value).__name__
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", value):
        return "time"
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
        return f"uuid{UUID(value).version}"
    parts = value.split(".")
    if all(re.fullmatch(r"\d{8}T\d{12}Z[0-9a-f]{8}-[-0-9a-f]{27}", part) for part in parts):
        return f"dotted order of {len(parts)}"
    return "text"


@pytest.mark.parametrize("name", ["parent", "child", "broken"])
def test_a_run_has_the_fields_and_types_that_the_official_client_sends(name: str) -> None:
    theirs, ours = _shape(_captured(name)), _shape(_family()[name])
    for free in ("inputs", "outputs"):
        theirs.pop(free), ours.pop(free)
    assert set(theirs["extra"]["runtime"]) - set(ours["extra"]["runtime"]) == CLIENTS_OWN_RUNTIME
    theirs.pop("extra"), ours.pop("extra")
    assert ours == theirs
    assert _family()[name]["run_type"] == _captured(name)["run_type"] == "tool"


def test_ids_and_orders_hang_together_as_the_official_client_makes_them() -> None:
    for runs in (_family(), {run["name"]: run for run in CAPTURED["body"]["post"]}):
        parent, child, broken = runs["parent"], runs["child"], runs["broken"]
        assert parent["trace_id"] == parent["id"] == child["trace_id"] == child["parent_run_id"]
        assert "parent_run_id" not in parent
        assert child["dotted_order"].startswith(parent["dotted_order"] + ".")
        assert child["dotted_order"].endswith(child["id"])
        assert broken["trace_id"] == broken["id"] not in (parent["id"], child["id"])
        for run in runs.values():
            started = datetime.fromisoformat(run["start_time"])
            assert run["dotted_order"].split(".")[-1].startswith(started.strftime("%Y%m%dT%H%M%S%fZ"))
            # The first 48 bits of a UUID of version 7 are the milliseconds of its making.
            assert abs((UUID(run["id"]).int >> 80) - started.timestamp() * 1000) < 10


def test_duration_error_and_memory_are_in_the_run() -> None:
    call = _call(
        error_type="TimeoutError",
        error="no answer",
        cpu_ns=2 * MS,
        memory_delta_bytes=4096,
        memory_peak_bytes=10**8,
        metadata={"team": "search"},
        parent="root",
        concurrent=3,
    )
    run = json.loads(_body().batch([call]))["post"][0]
    figures = {"duration_ms": 5.0, "cpu_ms": 2.0, "memory_delta_bytes": 4096, "memory_peak_bytes": 10**8}
    assert run["outputs"] == figures
    assert run["extra"]["metadata"] == {
        **figures,
        "team": "search",
        "longpole_concurrent": 3,
        "longpole_parent": "root",
    }
    assert run["error"] == "TimeoutError: no answer"
    lasted = datetime.fromisoformat(run["end_time"]) - datetime.fromisoformat(run["start_time"])
    assert lasted.total_seconds() == 0.005
    assert _body().run(_call())["outputs"] == {"duration_ms": 5.0}


def test_secrets_do_not_leave_the_process() -> None:
    call = _call(
        error_type="ValueError",
        error="refused key sk-abcdefghijklmnopqrstuv",
        metadata={"api_key": "12345", "note": "for ada@example.com", "odd": {1, 2}},
    )
    text = _body().batch([call]).decode()
    for secret in ("sk-abcdef", "12345", "ada@example.com"):
        assert secret not in text


def test_calls_go_in_batches_with_the_key_in_its_header(sink: OtlpSink, make_exporter: Make) -> None:
    exporter = make_exporter(sink.url, batch=10)
    for number in range(20):
        exporter.accept(_call(number=number))
    wait_until(lambda: exporter.sent == 20, "two batches to arrive")
    assert [(path, len(body["post"]), body["patch"]) for path, body in sink.bodies] == [("/runs/batch", 10, [])] * 2
    assert sink.headers[0]["x-api-key"] == "lsv2_secret"
    theirs = {name.lower(): value for name, value in CAPTURED["headers"].items()}
    assert sink.headers[0]["content-type"] == theirs["content-type"]
    assert "content-encoding" not in sink.headers[0]


def test_an_address_with_a_path_and_without_a_key_works(sink: OtlpSink, make_exporter: Make) -> None:
    exporter = make_exporter(sink.url + "/api/v1/", api_key=None)
    exporter.accept(_call())
    assert exporter.flush(5)
    assert sink.bodies[0][0] == "/api/v1/runs/batch"
    assert "x-api-key" not in sink.headers[0]


def test_fewer_than_a_batch_go_after_a_moment_or_at_a_flush(sink: OtlpSink, make_exporter: Make) -> None:
    soon = make_exporter(sink.url, linger_s=0.05)
    soon.accept(_call())
    wait_until(lambda: soon.sent == 1, "the moment to pass")
    waiting = make_exporter(sink.url)
    waiting.accept(_call())
    assert waiting.flush(5)
    assert waiting.sent == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(sink: OtlpSink, make_exporter: Make, status: int) -> None:
    sink.answers += [(status, {"retry-after": "0"}), (status, {"retry-after": "0"})]
    exporter = make_exporter(sink.url, batch=1)
    exporter.accept(_call())
    wait_until(lambda: exporter.sent == 1, "the third attempt")
    assert exporter.dropped == 0
    assert len(sink.bodies) == 1


def test_a_server_that_comes_later_gets_what_waited(absent: OtlpSink, make_exporter: Make) -> None:
    exporter = make_exporter(absent.url, batch=1)
    exporter.accept(_call())
    assert not exporter.flush(5)
    absent.start()
    assert exporter.flush(5)
    assert exporter.sent == 1


def test_what_the_server_refuses_for_good_is_dropped_counted_and_told_once(
    sink: OtlpSink, make_exporter: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "longpole")
    sink.answers += [(403, {}), (422, {}), (409, {})]
    exporter = make_exporter(sink.url, batch=2)
    for number in range(6):
        exporter.accept(_call(number=number))
    assert exporter.flush(5)
    assert (exporter.dropped, exporter.sent) == (4, 2)  # 409: it has them already
    exporter.close(0.1)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "answered 403" in told[0]
    assert told[1] == "Profiled calls that did not reach LangSmith: 4."
    assert "lsv2_secret" not in caplog.text


def test_memory_is_bounded_and_the_oldest_go_first(
    sink: OtlpSink, make_exporter: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(langsmith, "MOST_WAITING", 5)
    exporter = make_exporter(sink.url, batch=100)
    for number in range(8):
        exporter.accept(_call(f"call {number}", number=number))
    assert exporter.dropped == 3
    assert exporter.flush(5)
    assert [run["name"] for run in sink.bodies[0][1]["post"]] == [f"call {number}" for number in range(3, 8)]


def test_a_hanging_server_costs_the_caller_nothing_and_the_exit_its_limit(sink: OtlpSink, make_exporter: Make) -> None:
    sink.may_answer.clear()
    patience_s = 20.0
    exporter = make_exporter(sink.url, batch=1, timeout_s=patience_s)
    started = time.monotonic()
    for number in range(1000):
        exporter.accept(_call(number=number))
    assert not exporter.close(0.2)
    assert time.monotonic() - started < patience_s  # nobody has waited for the answer
    exporter.accept(_call())
    assert exporter.dropped in (1000, 1001)  # all but the one that is under way, if the thread got that far


def test_nothing_runs_before_the_first_call(make_exporter: Make) -> None:
    before = set(threading.enumerate())
    make_exporter("http://127.0.0.1:1")
    assert set(threading.enumerate()) <= before
