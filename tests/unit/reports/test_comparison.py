"""Two executions, two sets of executions, and one among all others, over a real DuckDB."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from execution_trees import SECOND, agent, fact
from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput
from longpole.reports import set_comparison
from longpole.reports.compare_views import Comparison
from longpole.reports.comparison import COMPARE
from longpole.reports.set_comparison import COMPARE_SETS, STANDING
from longpole.store.engine import Engine
from longpole.store.store import open_store

START_NS = 1_790_000_000 * SECOND


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def keep(store: Engine, *groups: Sequence[Facts]) -> list[str]:
    """Store some executions; their ids."""
    ids: list[str] = []
    whole = Batch()
    for facts in groups:
        rows = build_rows(facts, now_ns=START_NS * 2)
        whole.executions += rows.executions
        whole.steps += rows.steps
        ids.append(rows.executions[0].execution_id)
    store.write(whole)
    return ids


def run(number: int, steps: Sequence[tuple[str, str, int]], **more: Any) -> list[Facts]:
    """An execution of steps one after the other: name, category and milliseconds of each."""
    trace, at = f"{number + 1:032x}", START_NS + number * 100 * SECOND
    ends = at
    facts: list[Facts] = []
    for place, (name, category, took_ms) in enumerate(steps, start=1):
        began, ends = ends, ends + took_ms * 1_000_000
        usage = {"cost_usd_nanos": took_ms * 1000, "input_tokens": took_ms} if category == "llm" else {}
        told: dict[str, Any] = {"category": category, "name": name, "received_ns": at, **usage}
        facts.append(fact(place, 0, start=began, end=ends, trace=trace, **told))
    top: dict[str, Any] = {"agent": "planner", "name": "planner", "received_ns": at, **more}
    return [agent(0, start=at, end=ends, trace=trace, **top), *facts]


def ask(store: Engine, a: str, b: str) -> Comparison:
    return COMPARE.ask(store, [("a", a), ("b", b)])


A = [("plan", "llm", 100), ("search 1", "tool", 200), ("answer", "llm", 300)]


def test_what_is_slower_new_and_gone_is_told_and_adds_up_to_the_difference(store: Engine) -> None:
    b = [("plan", "llm", 100), ("search 1", "tool", 700), ("rank", "processing", 50), ("answer", "llm", 270)]
    found = ask(store, *keep(store, run(1, A), run(2, b)))
    assert found.duration_change_ns == 520_000_000
    assert (found.matched, found.only_in_a, found.only_in_b) == (4, 0, 1)
    assert [name.name for name in found.names[:2]] == ["search 1", "rank"]
    changes = [(name.critical_b_ns or 0) - (name.critical_a_ns or 0) for name in found.names]
    assert sum(changes) == found.duration_change_ns
    said = found.message.replace("\u202f", " ")
    assert said == (
        "B took 1.12 s, A 600 ms: 520 ms more. On the critical path: search 1 +500 ms, rank +50 ms (1 call, was 0)."
    )
    alone = next(pair for pair in found.pairs if pair.a is None)
    assert (alone.name, alone.depth, alone.b and alone.b.duration_ns) == ("rank", 1, 50_000_000)
    answer = found.pairs[-1]
    assert (answer.duration_change_ns, answer.cost_change_usd) == (-30_000_000, pytest.approx(-30e-6))


def test_an_execution_beside_itself_has_not_changed(store: Engine) -> None:
    (one,) = keep(store, run(1, A))
    found = ask(store, one, one)
    assert (found.duration_change_ns, found.only_in_a, found.only_in_b) == (0, 0, 0)
    assert found.message == "Both took equally long."
    assert {pair.self_change_ns for pair in found.pairs} == {0}


def test_more_turns_of_a_loop_are_calls_more(store: Engine) -> None:
    turn = [("ask", "llm", 100), ("look 7", "tool", 50)]
    found = ask(store, *keep(store, run(1, turn * 2), run(2, turn * 4)))
    assert (found.only_in_a, found.only_in_b) == (0, 4)
    by_name = {name.name: (name.count_a, name.count_b) for name in found.names}
    assert by_name["ask"] == (2, 4)
    assert "ask +200 ms (4 calls, was 2)" in found.message.replace("\u202f", " ")


def test_names_that_differ_in_a_number_are_the_same_step(store: Engine) -> None:
    found = ask(
        store, *keep(store, run(1, [("load order 17", "database", 9)]), run(2, [("load order 23", "database", 9)]))
    )
    assert (found.only_in_a, found.only_in_b) == (0, 0)
    assert found.pairs[1].name == "load order #"


def test_what_still_runs_has_no_duration_to_compare(store: Engine) -> None:
    running = [replace(one, ended_ns=None, duration_ns=None, status="running") for one in run(2, A)]
    found = ask(store, *keep(store, run(1, A), running))
    assert found.duration_change_ns is None
    assert found.message.startswith("B still runs")


def versions(store: Engine, *, slower: float, count: int = 60, seed: int = 1) -> None:
    """Two versions of an agent; in the second, the search takes so many times as long."""
    chance = random.Random(seed)
    groups: list[list[Facts]] = []
    for number in range(2 * count):
        factor = slower if number >= count else 1
        steps = [
            ("plan", "llm", round(100 * chance.lognormvariate(0, 0.3))),
            ("search", "tool", round(400 * factor * chance.lognormvariate(0, 0.3))),
        ]
        groups.append(run(number, steps, version="2" if number >= count else "1"))
    keep(store, *groups)


def test_two_versions_differ_by_the_step_that_became_slower(store: Engine) -> None:
    versions(store, slower=1.6)
    found = COMPARE_SETS.ask(store, [("agent", "planner"), ("version", "1"), ("with_version", "2")])
    assert (found.a.executions, found.b.executions) == (60, 60)
    assert found.p50_ns.is_certain
    assert found.p50_ns.low is not None
    assert found.p50_ns.low > 0
    assert [step.name for step in found.steps if step.is_certain] == ["search"]
    assert found.steps[0].name == "search"
    assert found.steps[0].calls_b == 1.0
    assert not found.cost_usd.is_certain
    assert "slower at the median" in found.message
    assert found.message.endswith("steps that changed: search.")


def test_many_turns_of_a_few_slow_executions_are_no_proof(store: Engine) -> None:
    chance = random.Random(5)
    groups: list[list[Facts]] = []
    for number in range(50):
        network = chance.lognormvariate(0, 0.7)
        turns = [("ask", "llm", round(100 * network * chance.lognormvariate(0, 0.05))) for _ in range(20)]
        groups.append(run(number, turns, version="1" if number < 25 else "2"))
    groups += [run(100 + number, [("rare", "tool", 9)] * 10, version="12"[number % 2]) for number in range(20)]
    keep(store, *groups)
    found = COMPARE_SETS.ask(store, [("agent", "planner"), ("version", "1"), ("with_version", "2")])
    ask_step, rare = (next(step for step in found.steps if step.name == name) for name in ("ask", "rare"))
    assert (ask_step.timings_a, ask_step.timings_b) == (500, 500)
    assert ask_step.chance is not None
    assert (rare.timings_a, rare.chance, rare.p50_ns.change) == (100, None, None)
    assert not any(step.is_certain for step in found.steps)


def test_of_very_many_executions_some_tell_how_steps_come_together(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = [run(number, [("ask", "llm", 100)] * 4, version="12"[number % 2]) for number in range(320)]
    keep(store, *groups)
    asked = [("agent", "planner"), ("version", "1"), ("with_version", "2")]
    whole = COMPARE_SETS.ask(store, asked)
    monkeypatch.setattr(set_comparison, "_MOST_EXECUTIONS", 100)
    assert COMPARE_SETS.ask(store, asked) == whole
    keep(store, [*run(400, [("seldom", "tool", 9)] * 30, version="1")])
    seldom = next(step for step in COMPARE_SETS.ask(store, asked).steps if step.name == "seldom")
    assert (seldom.timings_a, seldom.p50_ns.change) == (30, None)


def test_the_failure_rate_of_sampled_steps_is_that_of_all(store: Engine) -> None:
    groups: list[list[Facts]] = []
    for number in range(120):
        is_kept = number % 3 == 0  # a failure is kept always, of what went well every tenth
        facts = run(number, [("search", "tool", 100)], version="12"[number % 2])
        for one in facts:
            one.weight = 1.0 if is_kept else 10.0
        facts[1].status = "failed" if is_kept else "success"
        groups.append(facts)
    keep(store, *groups)
    found = COMPARE_SETS.ask(store, [("agent", "planner"), ("version", "1"), ("with_version", "2")])
    assert found.steps[0].failure_rate.a == pytest.approx(20 / 420)


def test_two_versions_of_one_kind_are_not_called_different(store: Engine) -> None:
    versions(store, slower=1.0)
    found = COMPARE_SETS.ask(store, [("agent", "planner"), ("version", "1"), ("with_version", "2")])
    figures = (found.p50_ns, found.p95_ns, found.success_rate, found.tokens, found.cost_usd)
    assert not any(figure.is_certain for figure in figures)
    assert not any(step.is_certain for step in found.steps)
    assert "has not changed for certain" in found.message


def test_before_and_after_a_time_are_two_sets_without_anything_twice(store: Engine) -> None:
    versions(store, slower=1.6)
    found = COMPARE_SETS.ask(store, [("agent", "planner"), ("at", "2026-09-21T15:46:40Z")])
    assert found.a.executions + found.b.executions == 120
    assert found.a.to_time == found.b.from_time


def test_sets_that_are_too_small_are_said_to_be(store: Engine) -> None:
    versions(store, slower=3, count=10)
    found = COMPARE_SETS.ask(store, [("agent", "planner"), ("version", "1"), ("with_version", "2")])
    assert "too few to say" in found.message
    assert (found.p50_ns.change, found.duration_chance) == (None, None)


@pytest.mark.parametrize(
    ("question", "pairs", "words"),
    [
        (COMPARE_SETS, [("agent", "planner")], "Both sets are the same executions"),
        (COMPARE_SETS, [("version", "1")], "'agent' is missing"),
        (COMPARE_SETS, [("agent", "planner"), ("with_version", "2")], "overlap"),
        (COMPARE_SETS, [("agent", "planner"), ("with_from", "2026-09-21T15:46:40Z")], "overlap"),
        (COMPARE, [("a", "1f3")], "'b' is missing"),
    ],
)
def test_a_comparison_that_cannot_be_made_says_what_is_expected(
    store: Engine, question: Any, pairs: Any, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        question.ask(store, pairs)


def test_sets_of_an_agent_that_never_ran_are_said_to_be_empty(store: Engine) -> None:
    versions(store, slower=1.0, count=5)
    found = COMPARE_SETS.ask(store, [("agent", "planer"), ("version", "1"), ("with_version", "2")])
    assert found.message.startswith("Neither set has a finished execution of planer")


def test_an_execution_among_the_others_names_the_step_that_is_unusual(store: Engine) -> None:
    versions(store, slower=1.0)
    (slow,) = keep(store, run(900, [("plan", "llm", 100), ("search", "tool", 9000)]))
    found = STANDING.ask(store, slow, [])
    assert (found.others, found.share_below) == (120, 1.0)
    assert found.steps[0].name == "search"
    assert (found.steps[0].share_below, found.steps[0].others) == (1.0, 120)
    plan = next(step for step in found.steps if step.name == "plan")
    assert 0.2 < (plan.share_below or 0) < 0.8
    assert "Unusually long: search (+8." in found.message


def test_the_longest_of_many_calls_is_not_unusual_for_that(store: Engine) -> None:
    chance = random.Random(8)

    def turns() -> list[tuple[str, str, int]]:
        return [("ask", "llm", round(100 * chance.lognormvariate(0, 0.5))) for _ in range(20)]

    keep(store, *(run(number, turns()) for number in range(40)))
    claims = 0
    for number in range(20):
        (one,) = keep(store, run(100 + number, turns()))
        claims += "Unusually long" in STANDING.ask(store, one, []).message
    assert claims <= 3


def test_an_execution_without_others_has_no_standing(store: Engine) -> None:
    (alone,) = keep(store, run(1, A))
    found = STANDING.ask(store, alone, [])
    assert (found.others, found.share_below) == (0, None)
    assert "too few to say what is usual" in found.message
