"""Which settled traces the server keeps, for how many each stands, and that nothing of the others stays."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from execution_trees import SECOND, agent, fact, link, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.known_traces import find_known_traces
from longpole.ingest.settle import build_rows
from longpole.ingest.tail_sampling import TailSampling
from longpole.ingest.traces import TraceBook
from longpole.model.event import Body, Event
from longpole.store.engines.duckdb import DuckDBEngine

SLOW_NS = 1000


def trace_id(number: int) -> str:
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def ordinary(number: int, **more: Any) -> list[Facts]:
    """A quick success of a span and a step."""
    place = {"trace": trace_id(number)}
    return [agent(0, end=10, **place, **more), fact(1, 0, start=1, end=5, **place)]


def score_event(number: int) -> Event:
    return Event(
        workspace="default",
        trace_id=trace_id(number),
        span_id=span_id(0),
        execution_id=None,
        event_index=7,
        time_ns=5,
        name="gen_ai.evaluation.result",
        kind="log",
        attributes='{"gen_ai.evaluation.name": "good", "gen_ai.evaluation.score.value": 1}',
        received_ns=1,
    )


class Sampler:
    """A book that samples, its store, and a clock that only the test moves."""

    def __init__(self, engine: DuckDBEngine, rate: float) -> None:
        self.engine = engine
        self.now_ns = 1000 * SECOND
        self.number = 0

        def find(workspace: str, trace_ids: Sequence[str]):
            return find_known_traces(engine, workspace, trace_ids, limit=64)

        sampling = TailSampling(rate=rate, slow_ns=SLOW_NS)
        self.book = TraceBook(find, bury=lambda _name, _content, error: pytest.fail(str(error)), sampling=sampling)

    def send(self, *facts: Facts, events: Sequence[Event] = ()) -> None:
        self.number += 1
        self.book.add([(one, body_of(one)) for one in facts], events, number=self.number, now_ns=self.now_ns)

    def wait(self, seconds: float = 2) -> None:
        self.now_ns += int(seconds * SECOND)
        if fresh := self.book.publish(self.now_ns):
            self.engine.write(fresh, fresh=True)
        if saved := self.book.save(self.now_ns):
            self.engine.write(saved[0])
            self.book.saved(saved[1])

    def counts(self) -> dict[str, int]:
        counts = self.engine.rows("store_counts")[0]
        return {name: counts[name] for name in ("executions", "steps", "events", "bodies", "scores")}

    def executions(self, number: int) -> list[dict[str, Any]]:
        return list(self.engine.rows("trace_executions", {"workspace": "default", "trace_ids": [trace_id(number)]}))

    def totals(self) -> dict[str, Any]:
        scope = dict.fromkeys(("workspace", "agent", "environment", "version")) | {"from_ns": 0, "to_ns": 2**63 - 1}
        rows = self.engine.rows("overview_executions", scope)
        return {
            "executions": sum(row["count"] for row in rows),
            "executions_weight": sum(row["weight"] for row in rows),
            "input_tokens": sum(row["input_tokens"] or 0 for row in rows),
        }


def body_of(facts: Facts) -> Body:
    nothing = dict.fromkeys(("output", "error_stack", "attributes", "resource"))
    return Body("default", facts.trace_id, facts.span_id, "in", received_ns=1, **nothing)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(":memory:")
    made.migrate()
    yield made
    made.close()


def test_of_ordinary_executions_a_share_is_kept_and_stands_for_all(engine: DuckDBEngine):
    sampler = Sampler(engine, 0.25)
    sampler.send(*(one for number in range(2000) for one in ordinary(number)))
    sampler.wait()
    totals = sampler.totals()
    assert 400 < totals["executions"] < 600
    assert totals["executions_weight"] == 4 * totals["executions"]
    assert sampler.book.counters.sampled_out == 2000 - totals["executions"]
    counts = sampler.counts()
    assert counts["bodies"] == 2 * counts["executions"] == 2 * counts["steps"]
    assert len(sampler.book) == 0


def test_whoever_asks_the_same_traces_are_kept(engine: DuckDBEngine):
    sampling = TailSampling(rate=0.5, slow_ns=SLOW_NS)
    first = [sampling.weight_of(build_rows(ordinary(number), now_ns=1)) for number in range(50)]
    again = [sampling.weight_of(build_rows(ordinary(number), now_ns=9)) for number in range(50)]
    assert first == again
    assert set(first) == {2.0, None}
    fewer = TailSampling(rate=0.25, slow_ns=SLOW_NS)
    for number, weight in enumerate(first):
        if weight is None:  # a smaller share is a part of a larger one
            assert fewer.weight_of(build_rows(ordinary(number), now_ns=1)) is None


@pytest.mark.parametrize(
    "facts",
    [
        [agent(0, end=10, status="failed")],
        [agent(0, end=10, status="timeout")],
        [agent(0, end=10, status="crashed")],
        [agent(0, end=10, status="skipped", error_type="KeyError")],
        [agent(0, end=SLOW_NS)],
        [agent(0, end=10), agent(1, 0, end=SLOW_NS)],
        [agent(0, end=10), fact(1, 0, status="failed")],
    ],
    ids=["failed", "timeout", "crashed", "skipped with an error", "slow", "slow child", "failed step"],
)
def test_what_is_remarkable_is_always_kept_and_stands_for_itself(facts: list[Facts]):
    assert TailSampling(rate=0.0, slow_ns=SLOW_NS).weight_of(build_rows(facts, now_ns=1)) == 1.0


def test_a_scored_execution_is_always_kept(engine: DuckDBEngine):
    sampler = Sampler(engine, 0.0)
    sampler.send(*ordinary(1), events=[score_event(1)])
    sampler.send(*ordinary(2))
    sampler.wait()
    assert sampler.counts() == {"executions": 1, "steps": 1, "events": 1, "bodies": 2, "scores": 1}


def test_nothing_stays_of_what_was_stored_while_it_ran(engine: DuckDBEngine):
    sampler = Sampler(engine, 0.0)
    sampler.send(*ordinary(1)[1:], replace(ordinary(1)[0], ended_ns=None, duration_ns=None, status="running"))
    sampler.wait(11)
    assert sampler.counts()["bodies"] == 2
    sampler.send(*ordinary(1))
    sampler.wait()
    assert set(sampler.counts().values()) == {0}
    sampler.send(*ordinary(1))  # an exporter that tries again
    sampler.wait(0.1)
    sampler.wait()
    assert set(sampler.counts().values()) == {0}
    assert len(sampler.book) == 0


def test_weights_multiply_and_are_not_multiplied_again(engine: DuckDBEngine):
    sampler = Sampler(engine, 0.5)
    kept = next(
        number for number in range(100) if TailSampling(rate=0.5, slow_ns=SLOW_NS).weight_of(
            build_rows(ordinary(number), now_ns=1)
        )
    )  # fmt: skip
    sampler.send(*ordinary(kept, weight=10.0))
    sampler.wait()
    sampler.send(*ordinary(kept, weight=10.0), fact(2, 0, start=6, trace=trace_id(kept)))
    sampler.wait(0.1)
    sampler.wait()
    (row,) = sampler.executions(kept)
    assert (row["weight"], row["tail_weight"], row["steps_total"]) == (20.0, 2.0, 2)


def test_what_was_kept_before_sampling_began_stays(engine: DuckDBEngine):
    everything = Sampler(engine, 0.0)
    everything.book._sampling = None  # pyright: ignore[reportPrivateUsage]
    everything.send(*ordinary(1))
    everything.wait()
    sampler = Sampler(engine, 0.0)
    sampler.send(fact(2, 0, start=6, trace=trace_id(1)))
    sampler.wait()
    (row,) = sampler.executions(1)
    assert (row["weight"], row["steps_total"]) == (1.0, 2)


def test_a_late_failure_does_not_change_the_weight_that_was_decided(engine: DuckDBEngine):
    sampler = Sampler(engine, 0.5)
    sampling = TailSampling(rate=0.5, slow_ns=SLOW_NS)
    kept = next(number for number in range(100) if sampling.weight_of(build_rows(ordinary(number), now_ns=1)))
    sampler.send(*ordinary(kept))
    sampler.wait()
    sampler.send(fact(2, 0, start=6, status="failed", trace=trace_id(kept)))
    sampler.wait()
    assert sampler.executions(kept)[0]["weight"] == 2.0


def test_a_trace_that_links_to_an_absent_one_is_decided_as_that_one(engine: DuckDBEngine):
    sampling = TailSampling(rate=0.5, slow_ns=SLOW_NS)
    for number in range(20):
        caller = sampling.weight_of(build_rows(ordinary(number), now_ns=1))
        called = build_rows([agent(5, trace=trace_id(number + 1000), **link(0, trace_id(number)))], now_ns=1)
        assert sampling.weight_of(called) == caller


def test_weighted_sums_are_unbiased(engine: DuckDBEngine):
    """One in ten is slow and always kept; the others are sampled; together they stand for all."""
    sampler = Sampler(engine, 0.2)
    facts = [one for number in range(3000) for one in ordinary(number, input_tokens=7)]
    for number in range(0, len(facts), 20):
        facts[number] = replace(facts[number], ended_ns=SLOW_NS, duration_ns=SLOW_NS)
    sampler.send(*facts)
    sampler.wait()
    totals = sampler.totals()
    assert totals["executions_weight"] == pytest.approx(3000, rel=0.1)
    assert totals["input_tokens"] == pytest.approx(21_000, rel=0.1)
    assert totals["executions"] < 1200
