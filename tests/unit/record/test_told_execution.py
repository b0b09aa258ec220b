"""Executions that are told by id: without recording, under sampling, and when too many are never ended."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from longpole.record import told_executions as module
from longpole.record.current import current
from longpole.record.recorder import recorder
from longpole.record.told_execution import Outcome
from longpole.record.told_executions import ToldExecutions
from longpole.wire import longpole_names as names

DONE, BROKEN = Outcome("success", None, {"done": True}), Outcome("failed")


@pytest.fixture
def told() -> ToldExecutions:
    return ToldExecutions()


def test_without_recording_an_execution_is_measured_all_the_same(told: ToldExecutions) -> None:
    told.start("one", "reader", {"page": 1}, {})
    told.add_step("one", "look", "tool", 20.0, DONE, 0)
    told.add_step("one", "look", "tool", 40.0, BROKEN, 1)
    told.end("one", DONE, 1.5)
    (one,) = told.ended
    assert (one.tally.steps, one.tally.succeeded, one.tally.failed, one.tally.total_ms) == (2, 1, 1, 60.0)
    assert (one.outcome, one.credits) == (DONE, 1.5)
    assert one.duration_ns == one.duration_ns > 0


def test_what_is_told_becomes_spans_with_its_id_its_place_and_its_times(told: ToldExecutions, recorded: Any) -> None:
    told.start("one", "reader", {"page": 1}, {names.TRIGGER_TYPE: "api"})
    told.add_step("one", "look", "tool", 20.0, DONE, 0)
    told.end("one", DONE)
    run, step = recorded.span("reader"), recorded.span("look")
    assert (run.attributes[names.EXECUTION_ID], run.attributes[names.TRIGGER_TYPE]) == ("one", "api")
    assert (step.trace_id, step.parent_span_id, step.attributes[names.STEP_INDEX]) == (run.trace_id, run.span_id, 0)
    assert step.ended_ns - step.started_ns == 20_000_000
    assert run.started_ns <= step.ended_ns <= run.ended_ns


def test_the_same_id_gives_the_same_ids_on_the_wire(recorded: Any) -> None:
    for name in ("one", "one", "two"):
        each = ToldExecutions()
        each.start(name, "reader", None, {})
        each.end(name, DONE)
    first, again, other = recorded.spans
    assert (first.trace_id, first.span_id) == (again.trace_id, again.span_id)
    assert other.trace_id != first.trace_id


def test_nothing_is_current_while_an_execution_is_told(told: ToldExecutions, recorded: Any) -> None:
    told.start("one", "reader", None, {})
    assert current.get() is None
    told.start("two", "reader", None, {})
    for name in ("one", "two"):
        told.end(name, DONE)
    assert [span.parent_span_id for span in recorded.spans] == [None, None]


@pytest.fixture
def sampled_out(recorded: Any) -> Iterator[Any]:
    """Chance leaves everything out."""
    before = recorder.sampling_rate, recorder.roll
    recorder.sampling_rate, recorder.roll = 0.5, lambda: 0.9
    yield recorded
    recorder.sampling_rate, recorder.roll = before


def test_what_sampling_leaves_out_is_measured_and_not_sent(told: ToldExecutions, sampled_out: Any) -> None:
    told.start("one", "reader", None, {})
    told.add_step("one", "look", "tool", 20.0, DONE, 0)
    told.end("one", DONE)
    assert sampled_out.spans == []
    assert [(one.execution_id, one.tally.steps) for one in told.ended] == [("one", 1)]


def test_of_very_many_that_never_end_the_oldest_is_taken_for_lost(
    told: ToldExecutions, recorded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_RUNNING", 3)
    for number in range(4):
        told.start(f"{number}", "reader", None, {})
    assert [one.execution_id for one in told.running] == ["1", "2", "3"]
    (lost,) = [span for span in recorded.spans if span.ended_ns]
    assert (lost.attributes[names.EXECUTION_ID], lost.attributes[names.STATUS]) == ("0", "timeout")
    assert "was not told" in lost.status_message


def test_only_the_latest_that_ended_are_remembered(told: ToldExecutions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENDED", 2)
    for number in range(4):
        told.start(f"{number}", "reader", None, {})
        told.end(f"{number}", DONE)
    assert [one.execution_id for one in told.ended] == ["2", "3"]


def test_a_mistake_that_is_made_for_ever_does_not_fill_the_log(
    told: ToldExecutions, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "longpole"):
        for number in range(100):
            told.end(f"unknown {number}", DONE)
    assert len(caplog.records) == module.MOST_REPORTS


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ValueError("no rows"), "ValueError", "no rows"),
        ("ValueError: no rows", "ValueError", "ValueError: no rows"),
        ("the model said no", "Exception", "the model said no"),
        ("quota", "Exception", "quota"),
    ],
)
def test_an_error_is_an_exception_or_a_text(told: ToldExecutions, error: object, kind: str, message: str) -> None:
    found = told.outcome("failed", error, None)
    assert found.error is not None
    assert found.error[:2] == (kind, message)


def test_an_error_of_what_succeeded_is_kept_as_a_warning(told: ToldExecutions, recorded: Any) -> None:
    told.start("one", "reader", None, {})
    told.end("one", told.outcome("success", "the cache was cold", None))
    (event,) = recorded.span("reader").events
    assert (event.attributes["level"], event.attributes["message"]) == ("warning", "the cache was cold")


def test_after_a_fork_what_the_parent_has_started_is_not_the_childs(told: ToldExecutions) -> None:
    told.start("one", "reader", None, {})
    told.reset_after_fork()
    assert told.running == []


def test_contents_that_are_off_are_not_kept(told: ToldExecutions, record_with: Callable[..., Any]) -> None:
    off = record_with("off")
    told.start("one", "reader", {"secret": "x"}, {})
    told.end("one", DONE)
    attributes = off.span("reader").attributes
    assert names.INPUT not in attributes
    assert names.OUTPUT not in attributes
