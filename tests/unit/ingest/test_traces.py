"""The book of traces on a real store: what comes in any order, twice, late or never becomes the same rows."""

import gc
import random
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from execution_trees import SECOND, TRACE, agent, fact, groups, link, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.known_traces import find_known_traces, find_unsettled
from longpole.ingest.open_trace import Group, OpenTrace
from longpole.ingest.traces import Limits, TraceBook
from longpole.model.event import Body, Event
from longpole.store.engines.duckdb import DuckDBEngine

OTHER = "b" * 32


class Desk:
    """A book, its store, and a clock that only the test moves."""

    def __init__(self, engine: DuckDBEngine, limits: Limits | None = None) -> None:
        self.engine = engine
        self.now_ns = 1000 * SECOND
        self.number = 0
        self.buried: list[str] = []
        self.limits = limits
        self.book = self._new_book()

    def _new_book(self) -> TraceBook:
        def find(workspace: str, trace_ids: Sequence[str]):
            return find_known_traces(self.engine, workspace, trace_ids, limit=64)

        return TraceBook(
            find,
            self.limits,
            bury=lambda name, _content, _error: self.buried.append(name),
            publishes_in_memory=self.engine.publishes_in_memory,
        )

    def restart(self) -> None:
        """Forget everything that is not stored."""
        self.book = self._new_book()
        for workspace, traces in find_unsettled(self.engine, limit=100).items():
            for known in traces:
                self.book.restore(workspace, known, now_ns=self.now_ns)

    def send(self, *facts: Facts, events: Sequence[Event] = (), bodies: bool = False) -> None:
        self.number += 1
        spans = [(one, body_of(one) if bodies else None) for one in facts]
        self.book.add(spans, events, number=self.number, now_ns=self.now_ns)

    def wait(self, seconds: float) -> None:
        """Let time pass, publishing and saving what is due at the end."""
        self.now_ns += int(seconds * SECOND)
        self.publish()
        self.save()

    def publish(self) -> None:
        if batch := self.book.publish(self.now_ns):
            self.engine.write(batch, fresh=True)

    def save(self, *, everything: bool = False) -> None:
        if saved := self.book.save(self.now_ns, everything=everything):
            batch, written = saved
            self.engine.write(batch)
            self.book.saved(written)

    def rows(self, *trace_ids: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Executions and steps as readers see them, without what depends on when they came."""
        asked = {"workspace": "default", "trace_ids": list(trace_ids or (TRACE, OTHER, "c" * 32))}
        return comparable(self.engine.rows("trace_executions", asked)), comparable(
            self.engine.rows("trace_steps", asked)
        )

    def counts(self) -> dict[str, int]:
        return self.engine.rows("store_counts")[0]


def comparable(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    times = ("received_ns", "settled_ns", "row_version")
    stripped = [{name: value for name, value in row.items() if name not in times} for row in rows]
    return sorted(stripped, key=lambda row: (row["started_ns"], row["trace_id"], row.get("span_id") or row["step_id"]))


def body_of(facts: Facts, output: str | None = None) -> Body:
    return Body(
        workspace="default",
        trace_id=facts.trace_id,
        span_id=facts.span_id,
        input=f"input of {facts.name}",
        output=output,
        error_stack=None,
        attributes=None,
        resource=None,
        received_ns=1,
    )


def log(span: int | None, time_ns: int = 5, trace: str = TRACE) -> Event:
    return Event(
        workspace="default",
        trace_id=trace,
        span_id="" if span is None else span_id(span),
        execution_id=None,
        event_index=1,
        time_ns=time_ns,
        name="log",
        kind="log",
        received_ns=1,
    )


@pytest.fixture
def desk() -> Iterator[Desk]:
    engine = DuckDBEngine(":memory:")
    engine.migrate()
    yield Desk(engine)
    engine.close()


def team() -> list[Facts]:
    return [
        agent(0, start=0, end=100),
        fact(1, 0, start=10, end=40, category="tool", tool="search"),
        agent(2, 0, start=40, end=90),
        fact(3, 2, start=45, end=85, category="llm", input_tokens=5, output_tokens=2),
    ]


def test_what_has_just_come_is_seen_before_it_is_stored(desk: Desk):
    desk.send(agent(0, end=None), fact(1, 0))
    desk.publish()
    executions, steps = desk.rows()
    assert [row["status"] for row in executions] == ["running"]
    assert len(steps) == 1


def test_a_complete_and_quiet_trace_is_settled_stored_and_let_go(desk: Desk):
    desk.send(*team(), bodies=True)
    desk.wait(0.5)
    assert len(desk.book) == 1
    desk.wait(1.1)
    assert (len(desk.book), desk.book.span_count) == (0, 0)
    assert desk.book.oldest_unsaved() is None
    executions, steps = desk.rows()
    assert [row["critical_ns"] for row in executions] == [20, 10]
    assert [row["critical_ns"] for row in steps] == [30, 40]
    assert desk.counts()["bodies"] == 4


def test_the_oldest_request_that_is_not_stored_is_known(desk: Desk):
    desk.send(agent(0, end=None))
    desk.send(*(replace(one, trace_id=OTHER) for one in team()))
    desk.wait(2)
    assert desk.book.oldest_unsaved() == 1
    desk.wait(9)
    assert desk.book.oldest_unsaved() is None


def test_a_span_that_comes_twice_counts_once(desk: Desk):
    desk.send(*team(), *team(), bodies=True)
    desk.wait(2)
    assert desk.counts() | {"executions": 2, "steps": 2, "bodies": 4} == desk.counts()
    assert desk.book.counters.duplicates == 4


def test_a_span_that_comes_again_after_it_was_stored_changes_nothing(desk: Desk):
    desk.send(*team(), bodies=True)
    desk.wait(2)
    before = desk.rows()
    desk.send(*team(), bodies=True)
    desk.wait(0.1)
    desk.wait(2)
    assert desk.rows() == before
    assert desk.counts()["bodies"] == 4
    assert (desk.book.counters.duplicates, len(desk.book)) == (4, 0)


def test_a_span_that_comes_again_with_more_replaces_the_stored_one(desk: Desk):
    desk.send(*team())
    desk.wait(2)
    desk.send(replace(team()[3], input_tokens=50))
    desk.wait(0.1)
    assert desk.rows()[0][0]["input_tokens"] == 50
    desk.wait(2)
    assert desk.rows()[0][0]["input_tokens"] == 50
    assert desk.counts()["steps"] == 2


@pytest.mark.parametrize("is_restarted", [False, True])
def test_what_a_stored_span_carries_grows_when_it_comes_again_with_more(desk: Desk, *, is_restarted: bool):
    desk.send(*team(), bodies=True)
    desk.wait(2)
    if is_restarted:
        desk.restart()
    again = team()[3]
    desk.book.add([(again, body_of(again, output="and its output"))], number=99, now_ns=desk.now_ns)
    desk.wait(2)
    desk.send(*team(), bodies=True)  # poorer than what is stored: nothing is lost
    desk.wait(2)
    asked = {"workspace": "default", "trace_id": again.trace_id, "span_id": again.span_id}
    (newest,) = desk.engine.rows("bodies_of_span", asked)
    assert (newest["input"], newest["output"]) == (f"input of {again.name}", "and its output")
    assert desk.counts()["steps"] == 2


def test_a_late_root_turns_the_executions_that_waited_for_it_into_steps(desk: Desk):
    spans = [fact(0, start=0, end=100), fact(1, 0, start=10, end=20), fact(2, 0, start=30, end=40)]
    desk.send(*spans[1:])
    desk.wait(31)
    assert [len(rows) for rows in desk.rows()] == [2, 0]
    desk.send(spans[0])
    desk.wait(2)
    executions, steps = desk.rows()
    assert [row["span_id"] for row in executions] == [span_id(0)]
    assert [row["execution_id"] for row in steps] == [TRACE + span_id(0)] * 2


def test_a_child_that_comes_after_its_trace_was_stored_finds_its_execution(desk: Desk):
    desk.send(*team())
    desk.wait(2)
    desk.send(fact(9, 2, start=86, end=88, category="tool"))
    desk.wait(2)
    executions, steps = desk.rows()
    assert steps[-1]["execution_id"] == TRACE + span_id(2)
    assert [row["tool_calls"] for row in executions] == [2, 1]


def test_an_orphan_is_shown_at_once_and_settled_when_no_parent_is_expected_any_more(desk: Desk):
    desk.send(fact(5, 4, start=10, end=20))
    desk.wait(0.1)
    assert len(desk.rows()[0]) == 1
    desk.wait(5)
    assert desk.rows()[0][0]["self_ns"] is None
    desk.wait(30)
    assert desk.rows()[0][0]["self_ns"] == 10
    assert len(desk.book) == 0


def test_a_running_execution_is_stored_every_ten_seconds_and_finished_later(desk: Desk):
    desk.send(agent(0, end=None), fact(1, 0, start=1, end=2))
    desk.wait(11)
    desk.restart()
    assert [len(rows) for rows in desk.rows()] == [1, 1]
    desk.send(agent(0, end=50), fact(2, 0, start=3, end=4))
    desk.wait(2)
    executions, steps = desk.rows()
    assert [(row["status"], row["steps_total"]) for row in executions] == [("success", 2)]
    assert len(steps) == 2


def test_what_was_stored_before_it_settled_settles_after_a_restart(desk: Desk):
    desk.send(fact(5, 4, start=10, end=20))
    desk.save(everything=True)
    desk.restart()
    desk.wait(2)
    desk.wait(31)
    assert desk.rows()[0][0]["self_ns"] == 10
    assert len(desk.book) == 0


def test_an_open_span_that_ends_replaces_its_body_too(desk: Desk):
    desk.send(agent(0, end=None), bodies=True)
    desk.wait(11)
    desk.wait(31)
    assert len(desk.book) == 0
    ended = agent(0, end=50)
    desk.number += 1
    desk.book.add([(ended, body_of(ended, "done"))], number=desk.number, now_ns=desk.now_ns)
    desk.wait(2)
    assert desk.counts()["bodies"] == 2


@pytest.mark.parametrize("is_target_first", [True, False])
@pytest.mark.parametrize("pause", [0, 5])
def test_a_linked_trace_joins_its_target_in_either_order_and_after_any_time(
    desk: Desk, is_target_first: bool, pause: int
):
    caller = [agent(0, end=100), fact(1, 0, start=1, end=90, category="tool")]
    called = [agent(5, trace=OTHER, start=10, end=60, **link(1)), fact(6, 5, trace=OTHER, start=11)]
    first, second = (caller, called) if is_target_first else (called, caller)
    desk.send(*first)
    desk.wait(pause)
    desk.send(*second)
    desk.wait(2)
    executions, steps = desk.rows()
    assert [row["parent_execution_id"] for row in executions] == [None, TRACE + span_id(0)]
    assert {row["root_execution_id"] for row in (*executions, *steps)} == {TRACE + span_id(0)}
    assert len(desk.book) == 0


def test_a_chain_of_linked_traces_is_one_tree(desk: Desk):
    ids = [f"{number:032x}" for number in range(1, 11)]
    spans = [agent(0, trace=ids[0], end=100)]
    spans += [agent(0, trace=now, start=i, end=90, **link(0, then)) for i, (then, now) in enumerate(pairwise(ids), 1)]
    random.Random(3).shuffle(spans)
    for span in spans:
        desk.send(span)
    desk.wait(2)
    executions, _ = desk.rows(*ids)
    assert [row["depth"] for row in executions] == list(range(10))


def test_links_between_too_many_traces_are_kept_but_not_joined(desk: Desk):
    desk.book.limits = Limits(group_traces=2)
    for number in range(1, 6):
        desk.send(agent(0, trace=f"{number:032x}", **link(0, f"{number + 1:032x}")))
    desk.wait(2)
    assert desk.counts()["executions"] == 5


def test_parents_in_a_cycle_do_not_stop_the_book(desk: Desk):
    desk.send(fact(0, 1), fact(1, 0), fact(2, 2))
    desk.wait(2)
    assert [len(rows) for rows in desk.rows()] == [2, 1]
    assert desk.buried == []


def test_a_log_record_becomes_an_event_of_its_spans_execution_before_or_after_the_span(desk: Desk):
    desk.send(events=[log(3, 46), log(None, 47)])
    desk.send(*team())
    desk.send(events=[log(3, 48), log(3, 46)])
    desk.wait(2)
    desk.send(events=[log(3, 49), log(3, 46)])
    desk.wait(2)
    events = desk.engine.rows("trace_events", {"workspace": "default", "trace_ids": [TRACE]})
    owners = {row["time_ns"]: row["execution_id"] for row in events}
    child, top = TRACE + span_id(2), TRACE + span_id(0)
    assert owners == {46: child, 47: top, 48: child, 49: child}
    assert len(events) == 4


def test_log_records_wait_for_the_spans_of_their_trace_but_not_for_ever(desk: Desk):
    desk.send(events=[log(3, 46)])
    desk.wait(5)
    desk.send(*team())
    desk.wait(2)
    (event,) = desk.engine.rows("trace_events", {"workspace": "default", "trace_ids": [TRACE]})
    assert event["execution_id"] == TRACE + span_id(2)
    desk.send(events=[log(1, trace=OTHER)])
    desk.wait(2)
    assert len(desk.book) == 1
    desk.wait(31)
    assert (len(desk.book), desk.book.span_count) == (0, 0)


def test_log_records_without_spans_do_not_fill_the_book(desk: Desk):
    desk.book.limits = Limits(book_spans=100)
    desk.send(events=[log(1, trace=f"{number:032x}") for number in range(1, 301)])
    desk.wait(2)
    desk.save()
    assert len(desk.book) <= 100


def test_nothing_crosses_workspaces(desk: Desk):
    desk.send(*team(), *(replace(one, workspace="theirs") for one in team()))
    desk.wait(2)
    assert desk.counts()["executions"] == 4
    assert len(desk.rows()[0]) == 2


def test_publishing_a_trace_that_grows_is_not_quadratic(desk: Desk):
    desk.send(agent(0, end=None))
    for number in range(1, 400):
        desk.send(*(fact(number * 100 + i, 0, start=number, end=number + 1) for i in range(100)))
        desk.now_ns += 50_000_000
        desk.publish()
    published = desk.book.counters.published_spans
    assert published < 20 * 40_000


def test_what_costs_little_processor_time_is_published_at_once_however_long_it_took(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    """A thread that waits for a core on a busy machine has not worked."""
    monkeypatch.setattr("longpole.ingest.traces.thread_cpu_ns", count(0, 1_000_000).__next__)
    desk.send(agent(0, end=None))
    for number in range(1, 60):
        desk.send(fact(number, 0, start=number, end=number + 1))
        desk.now_ns += 20_000_000
        assert desk.book.publish(desk.now_ns) is not None


def test_what_costs_much_rests_ten_times_as_long_once_nothing_is_left(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("longpole.ingest.traces.thread_cpu_ns", count(0, 20_000_000).__next__)
    desk.send(agent(0, end=None))
    published = list[int]()
    for number in range(1, 100):
        desk.send(fact(number, 0, start=number, end=number + 1))
        desk.now_ns += 20_000_000
        if desk.book.publish(desk.now_ns) is not None:
            published.append(number)
    assert published[0] == 1
    # Of 2 s with 40 ms each time 0.6 s may go, and 50 ms were saved up.
    assert 4 <= len(published) <= 16


def test_what_comes_while_a_trace_is_on_its_way_into_the_store_is_seen_at_once(desk: Desk):
    desk.send(agent(0, end=None), fact(1, 0, start=1, end=2))
    desk.now_ns += 11 * SECOND
    desk.publish()
    saved = desk.book.save(desk.now_ns)
    assert saved is not None
    desk.send(fact(2, 0, start=3, end=4))
    desk.now_ns += 20_000_000
    desk.publish()
    assert len(desk.rows()[1]) == 2
    desk.engine.write(saved[0])
    desk.book.saved(saved[1])
    assert len(desk.rows()[1]) == 2
    desk.save(everything=True)
    assert (desk.counts()["steps"], len(desk.rows()[1])) == (2, 2)


def test_what_is_about_to_be_published_is_not_saved_before(desk: Desk):
    desk.send(agent(0, end=None), fact(1, 0, start=1, end=2))
    desk.now_ns += 10 * SECOND
    assert desk.book.save(desk.now_ns) is None
    desk.publish()
    assert desk.book.save(desk.now_ns) is not None


def test_thirty_eight_thousand_spans_of_one_trace_are_stored_once(desk: Desk):
    many = 38_000
    desk.send(agent(0, end=10 * many), *(fact(i, i // 50, start=i, end=10 * many - i) for i in range(1, many)))
    desk.wait(2)
    assert desk.counts() | {"executions": 1, "steps": many - 1} == desk.counts()
    assert len(desk.book) == 0


def test_spans_that_no_row_can_be_made_of_are_put_aside_and_the_others_stored(desk: Desk):
    broken = msgspec.convert({**msgspec.to_builtins(fact(0, trace=OTHER)), "events": []}, Facts)
    broken.duration_ns = "long"  # pyright: ignore[reportAttributeAccessIssue]
    desk.send(*team(), broken)
    desk.wait(2)
    assert desk.buried == [f"spans-{OTHER}"]
    assert [len(rows) for rows in desk.rows()] == [2, 2]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(groups(largest=8), st.randoms(use_true_random=False))
def test_any_order_any_splitting_and_any_repetition_give_the_same_rows(facts: list[Facts], random: random.Random):
    facts = list({(span.trace_id, span.span_id): span for span in facts}.values())
    engines = [DuckDBEngine(":memory:") for _ in range(2)]
    for engine in engines:
        engine.migrate()
    at_once, in_pieces = Desk(engines[0]), Desk(engines[1])
    at_once.send(*facts)
    pieces = facts + random.sample(facts, k=random.randint(0, len(facts)))
    random.shuffle(pieces)
    for piece in pieces:
        in_pieces.send(piece)
        in_pieces.wait(random.choice([0, 0.1, 2, 40]))
        if random.random() < 0.2:
            in_pieces.save(everything=True)
            in_pieces.restart()
    for desk in (at_once, in_pieces):
        desk.wait(2)
        desk.wait(40)
    assert in_pieces.rows() == at_once.rows()
    for engine in engines:
        engine.close()


def test_a_trace_that_left_the_book_is_freed_at_once(desk: Desk) -> None:
    """Not when the garbage collector runs: it counts no spans, and so let gigabytes of them wait."""
    gc.collect()
    gc.disable()
    try:
        desk.send(agent(1), fact(2, 1), bodies=True)
        desk.wait(5)
        desk.wait(5)
        assert desk.book.span_count == 0
        held = [kept for kept in gc.get_objects() if isinstance(kept, Group | OpenTrace)]
    finally:
        gc.enable()
    assert held == []
