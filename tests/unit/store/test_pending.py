"""Fresh rows that wait: the last state of each trace, handed out once, and never while the trace is being stored."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue

import pytest

from contract.rows import WORKSPACE, agent, joined, trace, trace_id_of
from longpole.model.batch import Batch
from longpole.store.engines.pending import PendingRows

DEADLINE_S = 60.0
A_MOMENT_S = 0.2
"""More than a question takes that does not wait."""

PAIR = (WORKSPACE, trace_id_of(1))


class Handed:
    """Rows that wait for an hour unless somebody asks, and what was handed out of them."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.pending = PendingRows(self.batches.append, every_s=3600)

    @property
    def steps(self) -> list[int]:
        return [len(batch.steps) for batch in self.batches]


@pytest.fixture
def handed() -> Iterator[Handed]:
    made = Handed()
    yield made
    made.pending.close()


def test_of_a_trace_that_is_published_twice_the_later_state_is_handed_out_once(handed: Handed) -> None:
    handed.pending.add(trace(1, steps=2))
    handed.pending.add(joined([trace(1, steps=4), trace(2, steps=1)]))
    handed.pending.flush()
    handed.pending.flush()
    assert handed.steps == [5]


def test_bodies_add_up_and_agents_are_all_handed_out(handed: Handed) -> None:
    first, again = trace(1, steps=2), trace(1, steps=3)
    again.bodies = again.bodies[-1:]
    first.agents, again.agents = [agent("a", first_ns=1, last_ns=1)], [agent("b", first_ns=1, last_ns=1)]
    handed.pending.add(first)
    handed.pending.add(again)
    handed.pending.flush()
    [batch] = handed.batches
    assert (len(batch.bodies), [row.agent for row in batch.agents]) == (4, ["a", "b"])


def test_a_question_about_other_traces_hands_nothing_out(handed: Handed) -> None:
    handed.pending.add(trace(1))
    handed.pending.flush([trace_id_of(2)])
    assert handed.steps == []
    handed.pending.flush([trace_id_of(2), trace_id_of(1)])
    assert handed.steps == [5]


def test_a_trace_that_is_being_stored_takes_what_waits_along_and_what_comes_waits(handed: Handed) -> None:
    handed.pending.add(joined([trace(1, steps=2), trace(2, steps=1)]))
    with handed.pending.storing({PAIR}):
        handed.pending.add(trace(1, steps=7))
        handed.pending.flush()
        assert handed.steps == [1]
    handed.pending.flush()
    assert handed.steps == [1, 7]


def test_what_waits_is_handed_out_by_itself() -> None:
    handed: SimpleQueue[Batch] = SimpleQueue()
    pending = PendingRows(handed.put, every_s=0)
    pending.add(trace(1))
    assert len(handed.get(timeout=DEADLINE_S).steps) == 5
    pending.close()


@pytest.mark.parametrize("asked", [None, [trace_id_of(1)]])
def test_who_asks_while_another_hands_out_waits_until_it_is_written(asked: list[str] | None) -> None:
    written: list[Batch] = []
    answers: list[Future[int]] = []

    def ask() -> int:
        pending.flush(asked)
        return len(written)

    def write(batch: Batch) -> None:
        pending.flush([trace_id_of(2)])  # has no reason to wait
        answers.append(thread.submit(ask))
        with suppress(TimeoutError):
            answers[0].result(A_MOMENT_S)
        written.append(batch)

    pending = PendingRows(write, every_s=3600)
    pending.add(trace(1))
    with ThreadPoolExecutor(1) as thread:
        pending.flush()
    pending.close()
    assert answers[0].result() == 1
