"""The pipeline with its real threads, spool and store: nothing is lost, nothing doubles, nothing stops it."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest_house import DRAIN_S, START_NS, TRACE, House, log_body, span_json, text, traces_body
from longpole.ingest import pipeline as pipeline_module
from longpole.ingest import writer as writer_module
from longpole.ingest.decode import decode_body
from longpole.ingest.limits import Decoded
from longpole.ingest.pipeline import Pipeline, stored_position
from longpole.ingest.spool import START, Accepted, BodyFormat, Incoming, Signal
from longpole.ingest.traces import Limits
from longpole.model.batch import Batch
from longpole.store.engines.duckdb import DuckDBEngine
from otlp_clients import CLIENTS, TRUTHS, requests_of
from running_server import wait_until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "RETRY_WAIT_S", 0.01)
    monkeypatch.setattr(writer_module, "RETRY_WAIT_S", 0.01)


def test_after_a_drain_everything_is_stored_and_the_spool_is_passed(house: House):
    pipeline = house.start()
    for number in range(1, 30):
        house.offer(traces_body(span_json(1, trace=f"{number:032x}"), span_json(2, 1, trace=f"{number:032x}")))
    assert pipeline.drain(DRAIN_S)
    assert house.counts() | {"executions": 29, "steps": 29, "bodies": 58} == house.counts()
    assert house.spool.unread_bytes(stored_position(house.engine)) == 0
    assert pipeline.stored == stored_position(house.engine)


def test_a_body_is_seen_before_it_is_stored(house: House):
    house.start()
    house.offer(traces_body(span_json(2, 1)))
    seen = threading.Event()
    for _ in range(400):
        if house.counts()["executions"]:
            break
        seen.wait(0.01)
    assert house.counts()["executions"] == 1


def test_the_store_is_asked_once_about_the_traces_of_all_bodies_that_are_read_together(house: House):
    class Asked(DuckDBEngine):
        """A store that others write to as well, so that it must be asked; notes for how many traces it was."""

        is_shared = True

        def __init__(self, engine: DuckDBEngine) -> None:
            self.__dict__ = engine.__dict__
            self.about: list[int] = []

        def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
            if query == "known_traces" and parameters is not None:
                self.about.append(len(parameters["trace_ids"]))
            return super().rows(query, parameters)

    link: Any = {"links": [{"traceId": "cd" * 16, "spanId": "c" * 16}]}
    for number in range(1, 30):
        house.offer(traces_body(span_json(1, trace=f"{number:032x}", **link)))
    asked = Asked(house.engine)
    assert house.start(asked).drain(DRAIN_S)
    assert asked.about == [30]
    assert house.counts()["executions"] == 29


class NotedSizes(DuckDBEngine):
    """Notes how many steps are stored at a time."""

    def __init__(self, engine: DuckDBEngine) -> None:
        self.__dict__ = engine.__dict__
        self.sizes: list[int] = []

    def write(self, batch: Batch, *, fresh: bool = False) -> None:
        super().write(batch, fresh=fresh)
        if batch.steps and not fresh:
            self.sizes.append(len(batch.steps))


def gathering(house: House, monkeypatch: pytest.MonkeyPatch, **enough: int) -> NotedSizes:
    """The store of a pipeline that gathers whatever comes until it is enough."""
    slow = {"SAVE_EVERY_S": 0.0, "SAVE_AT_LEAST_EVERY_S": DRAIN_S, "MANY_SPANS_PER_S": 0}
    for name, value in {**slow, **enough}.items():
        monkeypatch.setattr(pipeline_module, name, value)
    noted = NotedSizes(house.engine)
    house.start(noted, limits=Limits(settle_after_ns=0))
    return noted


def test_of_many_spans_that_come_in_a_stream_many_are_stored_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch):
    noted = gathering(house, monkeypatch, ENOUGH_SPANS=60)
    for number in range(1, 51):
        house.offer(traces_body(span_json(1, trace=f"{number:032x}"), span_json(2, 1, trace=f"{number:032x}")))
    assert house.pipelines[0].drain(DRAIN_S)
    assert sum(noted.sizes) == 50
    assert len(noted.sizes) <= 3
    assert house.counts()["steps"] == 50


def test_spans_with_long_inputs_are_stored_before_they_fill_the_memory(house: House, monkeypatch: pytest.MonkeyPatch):
    noted = gathering(house, monkeypatch, ENOUGH_BYTES=100_000)
    house.offer(traces_body(span_json(1), span_json(2, 1)))
    wait_until(lambda: sum(noted.sizes) == 1, "the first of a stream")
    long = {"attributes": [{"key": "input.value", "value": {"stringValue": "x" * 50_000}}]}
    for number in range(1, 5):
        trace = f"{number:032x}"
        house.offer(traces_body(span_json(1, trace=trace), span_json(2, 1, trace=trace, **long)))
    wait_until(lambda: sum(noted.sizes) >= 3, "two of them, far fewer spans than are gathered", DRAIN_S / 2)


def test_reading_the_whole_spool_again_after_a_crash_doubles_nothing(house: House):
    house.start().drain(DRAIN_S)
    for number in range(1, 10):
        house.offer(traces_body(span_json(number, number - 1 if number > 1 else None)))
    assert house.pipelines[0].drain(DRAIN_S)
    house.pipelines[0].close(DRAIN_S)
    before = house.counts()
    again = Pipeline(house.engine, house.spool, dead_letters=house.folder / "dead")
    again._read_position = START  # what a killed server had stored, but not yet said how far
    house.pipelines.append(again)
    again.start()
    assert again.drain(DRAIN_S)
    assert house.counts() == before
    assert again.counters.duplicates == 9


def test_what_a_killed_server_had_not_stored_is_read_again_once(house: House):
    class Dying(DuckDBEngine):
        """A store whose durable writes fail from some moment on, as if the process were gone."""

        def __init__(self, engine: DuckDBEngine) -> None:
            self.__dict__ = engine.__dict__
            self.is_gone = False

        def write(self, batch: Batch, *, fresh: bool = False) -> None:
            if self.is_gone and not fresh:
                raise OSError("gone")
            super().write(batch, fresh=fresh)

    dying = Dying(house.engine)
    first = house.start(dying)
    house.offer(traces_body(span_json(1), span_json(2, 1)))
    assert first.drain(DRAIN_S)
    dying.is_gone = True
    house.offer(traces_body(span_json(3, 2), span_json(1, trace="cd" * 16)))
    assert not first.close(0.5)
    second = house.start(house.engine)
    assert second.drain(DRAIN_S)
    assert house.counts() | {"executions": 2, "steps": 2, "bodies": 4} == house.counts()


def test_a_body_that_cannot_be_decoded_is_kept_aside_and_the_next_is_taken(house: House):
    def picky(accepted: Accepted) -> Decoded:
        if accepted.body == b"poison":
            raise RuntimeError("nobody expected this")
        return decode_body(accepted)

    pipeline = house.start(decode=picky)
    house.offer(b"poison")
    house.offer(traces_body(span_json(1)))
    assert pipeline.drain(DRAIN_S)
    assert pipeline.counters.poisoned == 1
    assert house.counts()["executions"] == 1
    (letter,) = house.letters()
    assert base64.b64decode(letter.content) == b"poison"
    assert (letter.kind, letter.signal, letter.body_format, letter.size_bytes) == ("body", "traces", "json", 6)
    assert letter.reason == "RuntimeError: nobody expected this"
    assert "picky" in (letter.traceback or "")


def test_a_store_that_fails_for_a_while_loses_nothing(house: House):
    class Flaky(DuckDBEngine):
        def __init__(self, engine: DuckDBEngine) -> None:
            self.__dict__ = engine.__dict__
            self.failures = 3

        def write(self, batch: Batch, *, fresh: bool = False) -> None:
            if self.failures:
                self.failures -= 1
                raise OSError("no space left")
            super().write(batch, fresh=fresh)

    pipeline = house.start(Flaky(house.engine))
    house.offer(traces_body(span_json(1)))
    assert pipeline.drain(DRAIN_S)
    assert pipeline.counters.failed_writes == 3
    assert house.counts()["executions"] == 1


def test_rows_that_no_database_takes_take_only_their_own_trace_with_them(house: House):
    class Picky(DuckDBEngine):
        def __init__(self, engine: DuckDBEngine) -> None:
            self.__dict__ = engine.__dict__

        def write(self, batch: Batch, *, fresh: bool = False) -> None:
            if not fresh and any(row.trace_id == TRACE for row in batch.executions):
                raise ValueError("this value has no column type")
            super().write(batch, fresh=fresh)

    pipeline = house.start(Picky(house.engine))
    house.offer(traces_body(span_json(1), span_json(1, trace="cd" * 16)))
    assert pipeline.drain(DRAIN_S)
    assert pipeline.counters.dropped_writes == 1
    (letter,) = house.letters()
    assert (letter.kind, letter.workspace, letter.reason) == (
        "rows",
        "default",
        "ValueError: this value has no column type",
    )
    house.pipelines[0].close(DRAIN_S)
    assert house.engine.rows("trace_executions", {"workspace": "default", "trace_ids": ["cd" * 16]})


def test_metrics_are_counted_and_logs_of_a_trace_become_events(house: House):
    pipeline = house.start()
    house.offer(traces_body(span_json(1)))
    house.offer(
        log_body(
            {"timeUnixNano": str(START_NS), "traceId": TRACE, "spanId": f"{1:016x}", "body": {"stringValue": "hi"}}
        ),
        Signal.LOGS,
    )
    for request in requests_of("openaiv2"):
        if request.path == "/v1/metrics":
            house.offer(request.plain_body, Signal.METRICS, BodyFormat.PROTOBUF)
    assert pipeline.drain(DRAIN_S)
    assert house.counts()["events"] == 1
    assert pipeline.counters.logs == 1
    assert pipeline.counters.data_points > 0


def test_an_agent_that_is_registered_and_never_runs_is_known(house: House):
    pipeline = house.start()
    record = {
        "timeUnixNano": str(START_NS),
        "eventName": "longpole.agent.registered",
        "attributes": [text("longpole.agent", "sleeper"), text("longpole.method", "run")],
    }
    house.offer(log_body(record), Signal.LOGS)
    assert pipeline.drain(DRAIN_S)
    assert house.counts()["agents"] == 1


def resource_of(process: str) -> dict[str, Any]:
    return {"attributes": [text("service.instance.id", process), text("service.name", "shop")]}


def test_a_heartbeat_makes_its_process_known_and_its_silence_closes_what_it_left_open(house: House):
    now = [START_NS + 10**9]
    pipeline = Pipeline(
        house.engine,
        house.spool,
        dead_letters=house.folder / "dead",
        now=lambda: now[0],
        crashed_after_ns=5 * 10**9,
    )
    house.pipelines.append(pipeline)
    pipeline.start()
    agent = span_json(1, endTimeUnixNano="0", attributes=[{"key": "longpole.open", "value": {"boolValue": True}}])
    spans = {"resource": resource_of("p"), "scopeSpans": [{"spans": [agent]}]}
    house.offer(json.dumps({"resourceSpans": [spans]}).encode())
    beat = {
        "timeUnixNano": str(START_NS + 10**9),
        "eventName": "longpole.process.heartbeat",
        "attributes": [{"key": "recorded", "value": {"intValue": "7"}}],
    }
    logs = {"resource": resource_of("p"), "scopeLogs": [{"logRecords": [beat]}]}
    house.spool.append(
        Incoming(Signal.LOGS, BodyFormat.JSON, None, now[0], json.dumps({"resourceLogs": [logs]}).encode())
    ).result(DRAIN_S)
    assert pipeline.drain(DRAIN_S)
    (process,) = house.engine.rows("process_list", {"workspace": None, "limit": 5})
    assert (process["process"], process["service"], process["recorded"]) == ("p", "shop", 7)
    now[0] += 6 * 10**9
    seen = threading.Event()
    for _ in range(400):
        if pipeline.counters.crashed:
            break
        seen.wait(0.01)
    now[0] += 2 * 10**9
    assert pipeline.drain(DRAIN_S)
    (row,) = house.engine.rows("trace_executions", {"workspace": "default", "trace_ids": [TRACE]})
    assert (row["status"], row["ended_ns"]) == ("crashed", START_NS + 10**9)


def test_a_clock_that_is_set_back_an_hour_delays_nothing(house: House):
    now = [START_NS + 3600 * 10**9]
    pipeline = house.start(now=lambda: now[0])
    is_open = {"key": "longpole.open", "value": {"boolValue": True}}
    seen = threading.Event()

    def shown(status: str) -> bool:
        rows = house.engine.rows("trace_executions", {"workspace": "default", "trace_ids": [TRACE]})
        return [row["status"] for row in rows] == [status]

    def tell(status: str, **told: Any) -> None:
        agent = {"resource": resource_of("p"), "scopeSpans": [{"spans": [span_json(1, **told)]}]}
        house.offer(json.dumps({"resourceSpans": [agent]}).encode())
        for _ in range(400):
            if shown(status):
                return
            seen.wait(0.01)
        pytest.fail(f"it was never shown as {status}")

    tell("running", endTimeUnixNano="0", attributes=[is_open])
    now[0] -= 3600 * 10**9
    tell("success")
    now[0] += 5 * 10**9
    assert pipeline.drain(DRAIN_S)
    (row,) = house.engine.rows("trace_executions", {"workspace": "default", "trace_ids": [TRACE]})
    assert row["settled_ns"] is not None


def test_what_waits_unread_is_no_silence(house: House):
    pipeline = house.start()
    judged: list[int] = []
    pipeline._processes.judge = lambda now_ns, *, number: judged.append(now_ns)  # pyright: ignore[reportPrivateUsage]
    pipeline._is_read = lambda: False  # pyright: ignore[reportPrivateUsage]
    house.offer(traces_body(span_json(1)))
    seen = threading.Event()
    for _ in range(400):
        if 1 in judged:
            break
        seen.wait(0.01)
    del pipeline._is_read
    assert 1 in judged  # the time at which the last body came, not the time of day


def test_an_agent_that_runs_often_is_one_row(house: House):
    pipeline = house.start()
    for number in range(1, 40):
        agent = span_json(1, trace=f"{number:032x}", attributes=[text("gen_ai.operation.name", "invoke_agent")])
        house.offer(traces_body(agent))
    assert pipeline.drain(DRAIN_S)
    assert house.counts() | {"executions": 39, "agents": 1} == house.counts()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_real_client_is_stored_with_every_span_once_and_the_right_sums(house: House, client: str):
    truth = TRUTHS[client]
    pipeline = house.start()
    signals = {"/v1/traces": Signal.TRACES, "/v1/metrics": Signal.METRICS, "/v1/logs": Signal.LOGS}
    for request in requests_of(client) * 2:
        body_format = BodyFormat.JSON if request.is_json else BodyFormat.PROTOBUF
        house.offer(request.plain_body, signals[request.path], body_format)
    assert pipeline.drain(DRAIN_S)
    counts = house.counts()
    assert counts["executions"] + counts["steps"] == counts["bodies"] == truth.spans
    assert pipeline.counters.duplicates == truth.spans
    assert pipeline.counters.poisoned == 0
