"""What runs now: counts by agent, what is in hand, open requests, and the bottleneck in words."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from contract.rows import START_NS, WORKSPACE, joined, trace
from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.model.clock import DAY_NS
from longpole.reports.running import USUAL_KEPT_S, RunningAsked, UsualWaits, running_of
from longpole.store.engine import Engine
from longpole.store.store import open_store

SECOND = 10**9
NOW_NS = START_NS + 3600 * SECOND
EVERYTHING = RunningAsked()


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def running(number: int, *, category: str = "llm", since_s: int = 41, **told: Any) -> Batch:
    """An execution whose last step is open since so many seconds."""
    batch = trace(number, steps=2)
    started_ns = NOW_NS - since_s * SECOND
    begun = {"started_ns": started_ns - 1000, "ended_ns": None, "duration_ns": None, "status": "running"}
    still = {"ended_ns": None, "duration_ns": None, "duration_bucket": None, "status": "running"}
    model = "gpt-x" if category == "llm" else None
    name = "chat gpt-x" if category == "llm" else "search"
    step = replace(
        batch.steps[-1], **still | {"started_ns": started_ns, "category": category, "model": model, "name": name} | told
    )
    return Batch(
        executions=[replace(batch.executions[0], **begun)], steps=[replace(batch.steps[0], category="tool"), step]
    )


def calls(count: int, seconds: float) -> Batch:
    """So many successful calls of the model, each so long."""
    batch = joined([trace(100 + number) for number in range(count)])
    took_ns = round(seconds * SECOND)
    told = {"category": "llm", "model": "gpt-x", "is_counted": True, "status": "success", "duration_ns": took_ns}
    told |= {"duration_bucket": duration_bucket(took_ns), "started_ns": NOW_NS - 7200 * SECOND}
    batch.steps = [replace(step, **told) for step in batch.steps[::5]]
    return batch


def plain(text: str | None) -> str:
    return (text or "").replace("\u202f", " ")


def test_a_wait_for_a_model_is_told_in_words_with_what_is_usual(store: Engine) -> None:
    store.write(joined([running(1), calls(40, 12.0)]))

    found = running_of(store, EVERYTHING, NOW_NS)

    (execution,) = found.executions
    assert execution.state == "waiting"
    assert plain(execution.in_hand[0].words) in ("waiting 41.0 s for gpt-x, p99 is 12.0 s",)
    assert plain(found.bottleneck) == f"{execution.agent} is waiting 41.0 s for gpt-x, p99 is 12.0 s"
    (request,) = found.open_requests
    assert (request.model, request.so_far_ns) == ("gpt-x", 41 * SECOND)
    assert (found.agents[0].running, found.agents[0].waiting, found.agents[0].queued) == (1, 1, 0)


def test_of_few_calls_nothing_is_called_usual(store: Engine) -> None:
    store.write(joined([running(1), calls(5, 12.0)]))

    assert plain(running_of(store, EVERYTHING, NOW_NS).executions[0].in_hand[0].words) == "waiting 41.0 s for gpt-x"


def test_a_call_that_answers_is_no_open_request(store: Engine) -> None:
    store.write(running(1, status="llm_response", first_token_ns=SECOND))

    found = running_of(store, EVERYTHING, NOW_NS)

    assert found.open_requests == []
    assert found.executions[0].state == "running"
    assert plain(found.executions[0].in_hand[0].words).startswith("reading the answer of gpt-x for 41")


def test_what_waits_in_a_queue_is_queued_and_what_works_is_running(store: Engine) -> None:
    store.write(joined([running(1, category="queue"), running(2, category="tool")]))

    found = running_of(store, EVERYTHING, NOW_NS)

    assert {one.agent: (one.running, one.queued) for one in found.agents} == {"agent 1": (0, 1), "agent 2": (1, 0)}
    assert [plain(one.in_hand[0].words) for one in found.executions if one.state == "running"] == [
        "running search for 41.0 s"
    ]


def test_only_the_innermost_open_step_is_in_hand(store: Engine) -> None:
    batch = running(1, category="tool")
    outer = replace(batch.steps[-1], step_id="f" * 16, name="outer")
    batch.steps = [outer, replace(batch.steps[-1], parent_step_id="f" * 16)]
    store.write(batch)

    assert [step.name for step in running_of(store, EVERYTHING, NOW_NS).executions[0].in_hand] == ["search"]


def test_what_ended_and_what_began_long_ago_does_not_run(store: Engine) -> None:
    store.write(joined([trace(1), running(2, since_s=2 * DAY_NS // SECOND)]))

    found = running_of(store, EVERYTHING, NOW_NS)

    assert (found.agents, found.executions, found.bottleneck) == ([], [], None)


def test_a_workspace_sees_its_own(store: Engine) -> None:
    store.write(running(1))

    assert running_of(store, RunningAsked(workspace="other"), NOW_NS).agents == []
    assert len(running_of(store, RunningAsked(workspace=WORKSPACE), NOW_NS).agents) == 1


def test_what_is_usual_is_asked_once_a_minute(store: Engine) -> None:
    now_s = 0.0
    usual = UsualWaits(store, lambda: now_s)
    store.write(calls(40, 12.0))
    before = usual.p99_ns(None, ["gpt-x"], NOW_NS)["gpt-x"]
    store.write(Batch(steps=[replace(step, step_id=f"{step.step_id[:15]}x") for step in calls(200, 60.0).steps]))
    assert usual.p99_ns(None, ["gpt-x"], NOW_NS)["gpt-x"] == before
    now_s = USUAL_KEPT_S + 1

    assert usual.p99_ns(None, ["gpt-x"], NOW_NS)["gpt-x"] == pytest.approx(60 * SECOND, rel=0.02)
