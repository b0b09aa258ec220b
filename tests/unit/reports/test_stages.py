"""Stages from events, and what an execution was doing when nothing more was heard."""

from collections.abc import Iterator

import pytest

from execution_trees import TRACE, agent, fact, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.event import Event
from longpole.model.process import ProcessSeen
from longpole.reports.one_execution import tree_of
from longpole.reports.views import ExecutionTree
from longpole.store.engine import Engine
from longpole.store.store import open_store

PLACE = {"workspace": "default", "trace_id": TRACE, "execution_id": None, "received_ns": 1}


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def stage_events(*told: tuple[int, str, str | None, int | None]) -> list[Event]:
    """Events of span 0: after so many ns the stage, its status and for how long it was."""
    return [
        Event(
            span_id=span_id(0),
            event_index=index,
            time_ns=at,
            name="longpole.stage",
            kind="stage",
            stage=stage,
            status=status,
            duration_ns=duration,
            **PLACE,
        )
        for index, (at, stage, status, duration) in enumerate(told)
    ]


def stored_tree(store: Engine, *facts: Facts) -> ExecutionTree:
    rows = build_rows(facts, now_ns=1000)
    store.write(Batch(executions=rows.executions, steps=rows.steps, events=rows.events))
    return tree_of(store, TRACE)


def stages_of(tree: ExecutionTree) -> list[tuple[str, str, int, int | None]]:
    return [(stage.stage, stage.status, stage.offset_ns, stage.duration_ns) for stage in tree.stages]


def test_a_stage_lasts_from_its_start_to_the_end_that_was_told(store: Engine) -> None:
    told = stage_events(
        (0, "init", "started", None),
        (3, "init", "completed", 3),
        (5, "llm_call", "started", None),
        (60, "llm_call", "left_open", 55),
        (90, "complete", "completed", None),
    )
    tree = stored_tree(store, agent(0, start=0, end=100, events=told))
    assert stages_of(tree) == [
        ("init", "completed", 0, 3),
        ("llm_call", "left_open", 5, 55),
        ("complete", "completed", 90, 0),
    ]


def test_of_programs_that_tell_starts_only_the_next_stage_ends_the_one_before(store: Engine) -> None:
    told = stage_events((0, "init", None, None), (10, "llm_call", None, None))
    tree = stored_tree(store, agent(0, start=0, end=100, events=told))
    assert stages_of(tree) == [("init", "completed", 0, 10), ("llm_call", "completed", 10, 90)]


def test_the_stage_that_an_execution_is_in_has_no_end(store: Engine) -> None:
    told = stage_events((0, "init", "started", None))
    tree = stored_tree(store, agent(0, start=0, end=None, events=told))
    assert stages_of(tree) == [("init", "started", 0, None)]


def test_a_failure_ends_the_stage_that_it_happened_in(store: Engine) -> None:
    told = stage_events((40, "llm_call", "started", None))
    tree = stored_tree(store, agent(0, start=0, end=100, status="crashed", events=told))
    assert stages_of(tree) == [("llm_call", "failed", 40, 60)]


def test_a_stage_of_which_only_the_end_is_told_began_its_duration_before(store: Engine) -> None:
    tree = stored_tree(store, agent(0, start=0, end=100, events=stage_events((40, "init", "completed", 15))))
    assert stages_of(tree) == [("init", "completed", 25, 15)]


def test_what_runs_now_is_named_by_its_innermost_steps(store: Engine) -> None:
    tree = stored_tree(
        store,
        agent(0, start=0, end=None),
        fact(1, 0, start=0, end=50),
        fact(2, 0, start=60, end=None),
        fact(3, 2, start=70, end=None, category="llm"),
        fact(4, 0, start=65, end=None, category="tool"),
    )
    assert tree.doing == [span_id(4), span_id(3)]


def test_what_a_vanished_process_was_doing_is_named_too(store: Engine) -> None:
    crashed = {"status": "crashed"}
    tree = stored_tree(
        store,
        agent(0, start=0, end=80, **crashed),
        fact(1, 0, start=0, end=50),
        fact(2, 0, start=60, end=80, category="llm", **crashed),
    )
    assert tree.doing == [span_id(2)]


def test_nothing_is_in_hand_when_all_has_ended(store: Engine) -> None:
    assert stored_tree(store, agent(0, start=0, end=100), fact(1, 0, start=0, end=50)).doing == []


def test_what_is_open_lasts_until_its_process_was_last_heard(store: Engine) -> None:
    store.write(Batch(processes=[ProcessSeen(workspace="default", process="p-1", last_heard_ns=900)]))
    tree = stored_tree(store, agent(0, start=0, end=None, process="p-1"), fact(1, 0, start=100, end=None))
    assert sum(tree.shares.values()) == 900
    assert [process.process for process in tree.processes] == ["p-1"]


def test_what_has_ended_does_not_grow_with_its_process(store: Engine) -> None:
    store.write(Batch(processes=[ProcessSeen(workspace="default", process="p-1", last_heard_ns=900)]))
    tree = stored_tree(store, agent(0, start=0, end=100, process="p-1"), fact(1, 0, start=0, end=50))
    assert sum(tree.shares.values()) == 100


def test_a_model_call_that_hangs_counts_as_waiting_not_as_generating(store: Engine) -> None:
    store.write(Batch(processes=[ProcessSeen(workspace="default", process="p-1", last_heard_ns=900)]))
    hangs = fact(1, 0, start=100, end=None, category="llm", status="llm_request")
    tree = stored_tree(store, agent(0, start=0, end=None, process="p-1"), hangs)
    assert tree.shares == {"llm_wait": 800, "unexplained": 100}
