"""Processes that fall silent, say goodbye, speak again, and servers that restart meanwhile; on a real store."""

import random
from collections.abc import Iterator, Sequence
from logging import getLogger
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from execution_trees import SECOND, TRACE, agent, fact, groups, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.heartbeats import Beat
from longpole.ingest.known_traces import find_known_traces, find_unsettled
from longpole.ingest.outage import Outage
from longpole.ingest.process_watch import ProcessWatch
from longpole.ingest.traces import TraceBook
from longpole.model.batch import Batch
from longpole.model.process import ProcessSeen
from longpole.store.engines.duckdb import DuckDBEngine

OTHER = "b" * 32
PATIENCE_S = 20


class Watch:
    """A book, its store, the watch over its processes, and a clock that only the test moves."""

    def __init__(self, engine: DuckDBEngine) -> None:
        self.engine = engine
        self.now_ns = 1000 * SECOND
        self.number = 0
        self.restart()

    def restart(self) -> None:
        """A new server on what is stored."""

        def find(workspace: str, trace_ids: Sequence[str]):
            return find_known_traces(self.engine, workspace, trace_ids, limit=64)

        self.book = TraceBook(find, bury=lambda _name, _content, error: pytest.fail(str(error)))
        self.watch = ProcessWatch(
            self.engine, self.book, Outage("nothing", getLogger()), crashed_after_ns=PATIENCE_S * SECOND
        )
        for workspace, traces in find_unsettled(self.engine, limit=100).items():
            for known in traces:
                self.book.restore(workspace, known, now_ns=self.now_ns)
        self.watch.resume(self.now_ns)

    def send(self, *facts: Facts) -> None:
        self.number += 1
        for one in facts:
            if one.process is not None:
                self.watch.hear(
                    one.workspace,
                    one.process,
                    told_ns=one.started_ns if one.ended_ns is None else one.ended_ns,
                    heard_ns=self.now_ns,
                    number=self.number,
                    has_open=one.ended_ns is None,
                )
        self.book.add([(one, None) for one in facts], number=self.number, now_ns=self.now_ns)

    def beat(self, process: str = "p", *, is_last: bool = False, **told: Any) -> None:
        seen = ProcessSeen(workspace="default", process=process, last_heard_ns=self.now_ns, **told)
        beat = Beat(seen, is_last=is_last, lost=0, is_heartbeat=True)
        self.watch.beat(beat, heard_ns=self.now_ns, number=self.number)

    def wait(self, seconds: float) -> None:
        """Let time pass second by second, as the reading thread does."""
        end_ns = self.now_ns + int(seconds * SECOND)
        while self.now_ns < end_ns:
            self.now_ns = min(self.now_ns + SECOND // 4, end_ns)
            if self.watch.is_due(self.now_ns):
                self.watch.judge(self.now_ns, number=self.number)
            if batch := self.book.publish(self.now_ns):
                self.engine.write(batch, fresh=True)
            saved = self.book.save(self.now_ns)
            rows = self.watch.take(self.now_ns)
            if saved or rows:
                batch, groups = saved or (Batch(), [])
                batch.processes.extend(rows)
                self.engine.write(batch)
                self.book.saved(groups)

    def close(self, at_ns: int | None) -> None:
        """Take the process for gone, at once."""
        self.book.close_process("default", "p", at_ns=at_ns, said_goodbye=False, number=self.number, now_ns=self.now_ns)
        self.now_ns += 2 * SECOND
        self.save()

    def save(self) -> None:
        if saved := self.book.save(self.now_ns):
            self.engine.write(saved[0])
            self.book.saved(saved[1])

    def told(self, table: str) -> list[dict[str, Any]]:
        """Every row without what depends on when its spans came."""
        traces = [TRACE, OTHER, "c" * 32]
        rows = self.engine.rows(f"trace_{table}", {"workspace": "default", "trace_ids": traces})
        times = ("received_ns", "settled_ns", "row_version")
        stripped = [{name: value for name, value in row.items() if name not in times} for row in rows]
        return sorted(stripped, key=lambda row: (row["trace_id"], row.get("span_id") or row["step_id"]))

    def rows(self, table: str = "executions", trace: str = TRACE) -> list[dict[str, Any]]:
        rows = self.engine.rows(f"trace_{table}", {"workspace": "default", "trace_ids": [trace]})
        return sorted(rows, key=lambda row: (row["started_ns"], row.get("span_id") or row["step_id"]))

    def statuses(self) -> list[str]:
        return [row["status"] for row in (*self.rows(), *self.rows("steps"))]


@pytest.fixture
def watch() -> Iterator[Watch]:
    engine = DuckDBEngine(":memory:")
    engine.migrate()
    yield Watch(engine)
    engine.close()


def at_work(start_s: int = 998, process: str = "p", trace: str = TRACE) -> list[Facts]:
    """An agent that waits for a model, with a step that has ended."""
    start = start_s * SECOND
    place: dict[str, Any] = {"process": process, "trace": trace}
    return [
        agent(0, start=start, end=None, **place),
        fact(1, 0, start=start + 1, end=start + SECOND, **place),
        fact(2, 0, start=start + 2, end=None, category="llm", status="llm_request", model="gpt-5.2", **place),
    ]


def test_what_a_silent_process_left_open_crashes_where_it_was_last_heard(watch: Watch):
    watch.send(*at_work())
    watch.beat()
    watch.wait(5)
    watch.beat()
    watch.wait(PATIENCE_S - 1)
    assert watch.statuses() == ["running", "success", "llm_request"]
    watch.wait(4)
    (top,) = watch.rows()
    assert (top["status"], top["ended_ns"]) == ("crashed", 1005 * SECOND)
    call = watch.rows("steps")[1]
    assert (call["status"], call["model"], call["ended_ns"]) == ("crashed", "gpt-5.2", 1005 * SECOND)
    assert "waiting for a model" in call["error_message"]
    assert watch.watch.crashed == 2


def test_a_crashed_trace_is_settled_and_leaves_the_book(watch: Watch):
    watch.send(*at_work())
    watch.beat()
    watch.wait(PATIENCE_S + 6)
    assert len(watch.book) == 0
    assert watch.book.oldest_unsaved() is None
    (top,) = watch.rows()
    assert top["settled_ns"] is not None
    assert top["failure_step_id"] == span_id(2)


def test_a_process_that_only_beats_is_alive_however_long_its_step_takes(watch: Watch):
    watch.send(*at_work())
    for _ in range(30):
        watch.beat(open_count=2)
        watch.wait(5)
    assert watch.statuses() == ["running", "success", "llm_request"]
    watch.wait(PATIENCE_S + 6)  # its trace had left the book long ago
    assert watch.statuses() == ["crashed", "success", "crashed"]
    assert watch.rows()[0]["ended_ns"] == 1145 * SECOND


def test_a_process_without_heartbeats_is_given_fifteen_times_as_long(watch: Watch):
    watch.send(*at_work())
    watch.wait(PATIENCE_S * 15 - 5)
    assert watch.statuses()[0] == "running"
    watch.wait(10)
    assert watch.statuses()[0] == "crashed"
    assert watch.rows()[0]["ended_ns"] == 999 * SECOND  # the end of its last step


def test_the_end_of_a_span_counts_more_than_the_crash(watch: Watch):
    watch.send(*at_work())
    watch.beat()
    watch.wait(PATIENCE_S + 10)
    started = 998 * SECOND
    ended = {"process": "p", "start": started, "end": 1023 * SECOND}
    call = fact(2, 0, category="llm", model="gpt-5.2", input_tokens=7, **ended)
    watch.send(agent(0, **ended), replace(call, started_ns=started + 2, duration_ns=25 * SECOND - 2))
    watch.wait(3)
    assert watch.statuses() == ["success", "success", "success"]
    (top,) = watch.rows()
    assert (top["duration_ns"], top["error_type"], top["error_message"]) == (25 * SECOND, None, None)
    assert (top["input_tokens"], top["row_version"]) == (7, 4)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_process_that_beats_again_has_its_open_steps_running_again(watch: Watch, *, is_restarted: bool):
    watch.send(*at_work())
    watch.beat()
    watch.wait(PATIENCE_S + 10)
    assert watch.statuses()[0] == "crashed"
    if is_restarted:
        watch.restart()
    watch.beat()
    watch.wait(1)
    assert watch.statuses() == ["running", "success", "llm_request"]
    assert [row["ended_ns"] for row in watch.rows()] == [None]
    watch.wait(PATIENCE_S + 4)
    assert watch.statuses()[0] == "crashed"


def test_an_open_span_that_comes_again_lives_again(watch: Watch):
    watch.send(*at_work())
    watch.beat()
    watch.wait(PATIENCE_S + 10)
    watch.send(*at_work())
    watch.wait(1)
    assert watch.statuses() == ["running", "success", "llm_request"]


def test_what_was_open_at_a_goodbye_crashes_at_once(watch: Watch):
    watch.send(*at_work())
    watch.beat(is_last=True)
    watch.wait(1.5)
    assert watch.statuses() == ["crashed", "success", "crashed"]
    assert "ended while" in watch.rows()[0]["error_message"]


def test_after_a_restart_silence_counts_from_the_restart(watch: Watch):
    watch.send(*at_work())
    watch.beat()
    watch.wait(11)  # stored while it runs
    watch.restart()
    watch.wait(PATIENCE_S - 1)
    assert watch.statuses()[0] == "running"
    watch.wait(5)
    assert watch.statuses() == ["crashed", "success", "crashed"]
    assert watch.rows()[0]["ended_ns"] == 1000 * SECOND  # its last heartbeat


def test_only_what_the_silent_process_had_open_crashes(watch: Watch):
    mine, theirs = at_work(), at_work(process="q", trace=OTHER)
    helper = fact(5, 0, start=1000 * SECOND + 5, end=None, process="q")  # another process's step in this trace
    watch.send(*mine, *theirs, helper)
    watch.beat("p")
    for _ in range(12):
        watch.beat("q")
        watch.wait(2)
    assert watch.statuses() == ["crashed", "success", "crashed", "running"]
    assert watch.rows(trace=OTHER)[0]["status"] == "running"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(groups(largest=6), st.randoms(use_true_random=False))
def test_what_crashed_and_ended_after_all_is_as_if_it_had_never_crashed(facts: list[Facts], random: random.Random):
    facts = [replace(one, process="p") for one in {(one.trace_id, one.span_id): one for one in facts}.values()]
    engines = [DuckDBEngine(":memory:") for _ in range(2)]
    for engine in engines:
        engine.migrate()
    plain, shaken = Watch(engines[0]), Watch(engines[1])
    plain.send(*facts)
    for one in facts:
        if random.random() < 0.7:
            shaken.send(replace(one, ended_ns=None, duration_ns=None, status="running"))
        if random.random() < 0.3:
            shaken.close(random.choice([None, 3, 50]))
        if random.random() < 0.3:
            shaken.restart()
    shaken.send(*facts)
    for watch in (plain, shaken):
        watch.now_ns += 40 * SECOND
        watch.save()
        watch.save()
    assert len(shaken.book) == 0
    for table in ("executions", "steps"):
        assert shaken.told(table) == plain.told(table)
    for engine in engines:
        engine.close()


def test_spans_of_no_known_process_are_never_judged(watch: Watch):
    watch.send(agent(0, start=1000 * SECOND, end=None))
    watch.wait(PATIENCE_S * 20)
    assert watch.statuses() == ["running"]


def test_a_crash_changes_no_tokens(watch: Watch):
    call = fact(3, 0, start=1000 * SECOND, end=1001 * SECOND, category="llm", process="p", input_tokens=5)
    watch.send(*at_work(), call)
    watch.beat()
    watch.wait(PATIENCE_S + 6)
    (top,) = watch.rows()
    assert (top["input_tokens"], top["output_tokens"], top["model_calls"]) == (5, None, 2)


def test_a_thousand_executions_of_one_process_crash_together(watch: Watch):
    for number in range(1, 1001):
        watch.send(agent(0, start=1000 * SECOND, end=None, process="p", trace=f"{number:032x}"))
    watch.beat(open_count=1000)
    watch.wait(40)  # stored, and out of the book
    assert len(watch.book) == 0
    watch.wait(20)
    rows = watch.engine.rows("overview_executions", dict.fromkeys(_SCOPE) | {"from_ns": 0, "to_ns": 2**63 - 1})
    assert [(row["status"], row["count"]) for row in rows] == [("crashed", 1000)]


_SCOPE = ("workspace", "agent", "environment", "version")


def test_a_process_is_one_row_that_follows_its_heartbeats(watch: Watch):
    watch.beat(recorded=10, open_count=1, started_ns=999 * SECOND)
    watch.wait(1)
    watch.beat(recorded=20, open_count=0, service="shop")
    watch.wait(11)
    watch.beat(recorded=30, is_last=True, ended_ns=watch.now_ns)
    watch.wait(1)
    (row,) = watch.engine.rows("process_list", {"workspace": "default", "limit": 10})
    assert (row["recorded"], row["open_count"], row["service"]) == (30, 0, "shop")
    assert (row["started_ns"], row["ended_ns"]) == (999 * SECOND, 1012 * SECOND)


def test_nothing_is_looked_up_for_a_process_that_has_told_every_end(watch: Watch):
    watch.send(*at_work())
    watch.beat(open_count=2)
    started = 998 * SECOND
    call = fact(2, 0, start=started + 2, end=started + 9, category="llm", process="p")
    watch.send(agent(0, start=started, end=started + 10, process="p"), call)
    watch.beat(open_count=0)
    assert watch.watch._open == {}  # pyright: ignore[reportPrivateUsage]
    watch.wait(PATIENCE_S + 6)
    assert watch.statuses() == ["success"] * 3


def test_a_process_that_lost_steps_may_have_lost_an_end(watch: Watch):
    watch.send(*at_work())
    watch.beat(open_count=0, dropped=1)
    watch.wait(PATIENCE_S + 6)
    assert watch.statuses() == ["crashed", "success", "crashed"]


def test_dropped_steps_are_counted_whoever_tells_of_them(watch: Watch):
    lost = ProcessSeen(workspace="default", process="p", last_heard_ns=watch.now_ns)
    for _ in range(2):
        watch.watch.beat(Beat(lost, is_last=False, lost=4, is_heartbeat=False), heard_ns=watch.now_ns, number=1)
    watch.beat(dropped=3, recorded=5)
    watch.wait(1)
    (row,) = watch.engine.rows("process_list", {"workspace": None, "limit": 10})
    assert (row["dropped"], row["recorded"]) == (8, 5)
