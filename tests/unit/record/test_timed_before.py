"""Trees that were timed before become records: with their own ids and times, whole or with what has ended."""

from collections.abc import Callable
from typing import Any

import pytest

from longpole import ExecutionTimingTree, TimingEntry
from longpole.model.errors import InvalidInput, SettingsError
from longpole.record.timed_before import record_tree
from longpole.wire import longpole_names as names

ROOT_ID, STEP_ID = "a1" * 24, "b2" * 8


def tree(*more: TimingEntry, root_id: str = ROOT_ID) -> ExecutionTimingTree:
    """A root of ten seconds, and what is below it."""
    root = TimingEntry("run", "agent", 1000.0, 1010.0, 10_000.0, {"vault": "v-7"}, None, root_id)
    return ExecutionTimingTree(root_id, {one.id: one for one in (root, *more)})


def step(name: str, parent: str = ROOT_ID, duration_ms: float | None = 500.0, **metadata: Any) -> TimingEntry:
    return TimingEntry(name, "tool", 1001.0, None, duration_ms, metadata, parent, name)


def test_ids_that_the_tree_has_are_kept(recorded: Any) -> None:
    entry = TimingEntry("look", "tool", 1001.0, 1002.0, 1000.0, {}, ROOT_ID, STEP_ID)
    assert record_tree(tree(entry)) == ROOT_ID
    span = recorded.span("look")
    assert (span.trace_id, span.span_id, span.parent_span_id) == (ROOT_ID[:32], STEP_ID, ROOT_ID[32:])
    assert (span.started_ns, span.ended_ns) == (1001 * 10**9, 1002 * 10**9)


def test_ids_of_a_tree_put_together_by_hand_are_the_same_each_time(recorded: Any) -> None:
    once, again = record_tree(tree(step("look"), root_id="by hand")), record_tree(tree(root_id="by hand"))
    assert once == again
    assert len(once) == 48
    later = tree(root_id="by hand")
    later.root.start_time += 1
    assert record_tree(later) != once
    assert len({span.trace_id for span in recorded.spans}) == 2


def test_what_still_runs_is_left_out_and_what_is_below_it_moves_up(recorded: Any) -> None:
    record_tree(tree(step("open", duration_ms=None), step("done", "open")))
    assert {span.name for span in recorded.spans} == {"run", "done"}
    assert recorded.parent_of("done") == "run"


def test_parents_that_are_unknown_or_form_a_circle_lead_to_the_root(recorded: Any) -> None:
    circle = [step("one", "two", None), step("two", "one", None), step("lost", "nobody"), step("three", "one")]
    record_tree(tree(*circle))
    assert recorded.parent_of("lost") == recorded.parent_of("three") == "run"


def test_an_agent_below_an_agent_is_an_execution(recorded: Any) -> None:
    below = TimingEntry("called", "agent", 1002.0, None, 5.0, {}, ROOT_ID, "called")
    record_tree(tree(below))
    assert recorded.span("called").attributes[names.KIND] == "agent"


@pytest.mark.parametrize(
    ("error", "kind"),
    [("ValueError('no rows')", "ValueError"), ("app.Oops: no rows", "app.Oops"), ("it broke, somehow", "Exception")],
)
def test_an_error_that_was_kept_as_text_makes_it_failed(recorded: Any, error: str, kind: str) -> None:
    record_tree(tree(step("look", error=error)))
    span = recorded.span("look")
    assert (span.attributes["error.type"], span.status_message) == (kind, error)


def test_a_stored_tree_stands_for_itself_where_others_are_sampled(record_with: Callable[..., Any]) -> None:
    recorded = record_with(sampling_rate=0.1)
    record_tree(tree())
    span = recorded.span("run")
    assert (span.attributes[names.WEIGHT], span.attributes["vault"]) == (1.0, "v-7")


@pytest.mark.usefixtures("recorded")
def test_a_tree_without_its_root_is_refused() -> None:
    with pytest.raises(InvalidInput, match="their root is missing"):
        record_tree(ExecutionTimingTree(ROOT_ID))
    running = tree()
    running.root.duration_ms = running.root.end_time = None
    with pytest.raises(InvalidInput, match="their root runs"):
        record_tree(running)


def test_without_recording_nothing_can_be_stored() -> None:
    with pytest.raises(SettingsError, match="configure"):
        record_tree(tree())
