from typing import Any

import pytest

from execution_trees import tree_of
from longpole.analysis.repeats import Repeat, find_repeats, may_write, outermost_repeats, repeat_candidates
from longpole.analysis.span import Span
from longpole.model.finding import Confidence
from longpole.model.tree import Tree


def call(name: str, arguments: str | None = "a1", **more: Any) -> Span:
    told: dict[str, Any] = {"category": "database", "agent": "team", "execution_id": "e", "argument_hash": arguments}
    return Span(name, **{**told, **more})


def in_a_row(*calls: Span) -> tuple[Tree, list[Span]]:
    """An agent that makes these calls one after the other, 10 ns each."""
    top = Span("team", "agent", "team", "e", is_execution=True)
    times = [(0, 10 * i, 10 * i + 10) for i in range(len(calls))]
    return tree_of((None, 0, 10 * len(calls)), *times), [top, *calls]


def repeats_of(*calls: Span) -> list[tuple[int, ...]]:
    tree, spans = in_a_row(*calls)
    return [repeat.nodes for repeat in find_repeats(tree, 0, spans)]


def only_repeat(*calls: Span) -> Repeat:
    tree, spans = in_a_row(*calls)
    (repeat,) = find_repeats(tree, 0, spans)
    return repeat


def test_a_call_with_the_same_arguments_is_a_repeat_and_with_others_is_none():
    assert repeats_of(call("load_facts"), call("load_facts", "a2"), call("load_facts")) == [(1, 3)]
    assert repeats_of(call("load_facts"), call("load_rules")) == []


def test_calls_without_known_arguments_are_not_compared():
    assert repeats_of(call("load_facts", None), call("load_facts", None)) == []


def test_what_was_written_in_between_makes_the_second_call_a_new_one():
    assert repeats_of(call("load_facts"), call("remember", "b"), call("load_facts")) == []
    assert repeats_of(call("load_facts"), call("load_facts"), call("remember", "b"), call("load_facts")) == [(1, 2)]


def test_what_was_written_elsewhere_does_not_matter():
    note = call("send_mail", "b", category="http")
    assert repeats_of(call("load_facts"), note, call("load_facts")) == [(1, 3)]


@pytest.mark.parametrize("name", ["poll_job", "getStatus", "now", "wait for it", "random_number"])
def test_a_call_that_asks_for_what_changes_is_no_repeat(name: str):
    assert repeats_of(call(name), call(name)) == []


def test_a_second_try_after_a_failure_is_no_repeat():
    assert repeats_of(call("fetch", status="failed"), call("fetch")) == []
    assert repeats_of(call("fetch", error_type="TimeoutError"), call("fetch"), call("fetch")) == [(2, 3)]


def test_a_write_made_twice_is_no_call_that_could_be_remembered():
    assert repeats_of(call("insert_row"), call("insert_row")) == []
    assert may_write(call("query", operation="UPDATE"))
    assert may_write(call("saveReport"))
    assert not may_write(call("settings"))


def test_a_wrapper_around_the_same_call_counts_once():
    top = Span("team", "agent", "team", "e", is_execution=True)
    tree = tree_of((None, 0, 100), (0, 0, 40), (1, 5, 35), (0, 50, 90), (3, 55, 85))
    spans = [top, call("search"), call("search"), call("search"), call("search")]
    assert [repeat.nodes for repeat in find_repeats(tree, 0, spans)] == [(1, 3)]


def test_of_a_repeat_inside_a_repeat_the_outer_one_is_to_be_cured():
    top = Span("team", "agent", "team", "e", is_execution=True)
    tree = tree_of((None, 0, 200), (0, 0, 40), (1, 5, 35), (0, 50, 90), (3, 55, 85), (0, 100, 120), (0, 130, 150))
    spans = [top, call("draft"), call("chat"), call("draft"), call("chat"), call("look"), call("look")]
    found = find_repeats(tree, 0, spans)
    assert [repeat.nodes for repeat in found] == [(1, 3), (2, 4), (5, 6)]
    assert [repeat.nodes for repeat in outermost_repeats(tree, found)] == [(1, 3), (5, 6)]


def test_equivalent_inputs_are_found_where_they_were_recorded():
    first = call("search", "a1", input='{"city": "Lisbon", "limit": 3}', output='["x"]')
    second = call("search", "a2", input='{"limit":3.0,"city":" lisbon "}', output='["x"]')
    repeat = only_repeat(first, second)
    assert (repeat.nodes, repeat.is_same, repeat.are_answers_equal) == ((1, 2), False, True)
    assert repeat.confidence == Confidence.LOW


@pytest.mark.parametrize(
    ("outputs", "given", "confidence"),
    [
        (("[1]", "[1]"), '{"x":1}', Confidence.HIGH),
        (("[1]", "[2]"), '{"x":1}', Confidence.LOW),
        ((None, None), '{"x":1}', Confidence.MEDIUM),
        (("[1]", "[1]"), "{}", Confidence.MEDIUM),
    ],
)
def test_equal_answers_make_it_sure_and_other_answers_make_it_doubtful(
    outputs: tuple[str | None, str | None], given: str, confidence: Confidence
):
    one, other = (call("search", input=given, output=output) for output in outputs)
    assert only_repeat(one, other).confidence == confidence


def test_only_texts_of_calls_that_could_repeat_are_asked_for():
    tree, spans = in_a_row(call("search"), call("search", "a2"), call("load", "a3"), call("remember", "a4"))
    assert repeat_candidates(tree, 0, spans) == [1, 2]
