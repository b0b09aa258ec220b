"""Totals, critical path, waits and what-ifs of executions, from spans through a real DuckDB to the views."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import convert

from execution_trees import SECOND, TRACE, agent, fact, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.event import Body
from longpole.reports.critical_path import critical_path_of
from longpole.reports.totals import totals_of
from longpole.reports.waiting import waiting_of
from longpole.reports.what_if import what_if
from longpole.store.engine import Engine
from longpole.store.store import open_store
from triage_example import EXECUTION_ID, triage_batch

MS = 1_000_000


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def keep(store: Engine, *facts: Facts, **bodies: dict[str, object]) -> None:
    """Store these spans; `bodies` are inputs and outputs by span, such as `s1={"input": ...}`."""
    rows = build_rows(facts, now_ns=100 * SECOND)
    place = {"workspace": "default", "trace_id": TRACE, "received_ns": 1}
    nothing = dict.fromkeys(("input", "output", "error_stack", "attributes", "resource"))
    told = [
        convert(
            {**place, **nothing, "span_id": span_id(int(name[1:])), **{k: json.dumps(v) for k, v in texts.items()}},
            Body,
        )
        for name, texts in bodies.items()
    ]
    store.write(Batch(executions=rows.executions, steps=rows.steps, bodies=told))


def keep_team(store: Engine) -> None:
    """Plan, profile and orders after each other, three searches at once, a model that waits, a notification."""
    keep(
        store,
        agent(0, end=1000 * MS),
        fact(1, 0, start=0, end=200 * MS, name="plan", category="llm", model="small", first_token_ns=50 * MS),
        fact(2, 0, start=210 * MS, end=300 * MS, name="profile", category="database"),
        fact(3, 0, start=300 * MS, end=400 * MS, name="orders", category="database"),
        fact(4, 0, start=410 * MS, end=600 * MS, name="search", category="tool"),
        fact(5, 0, start=410 * MS, end=550 * MS, name="search", category="tool"),
        fact(6, 0, start=410 * MS, end=500 * MS, name="search", category="tool", status="failed"),
        fact(7, 0, start=610 * MS, end=990 * MS, name="answer", category="llm", model="small"),
        fact(8, 7, start=650 * MS, end=700 * MS, name="wait before retry", category="rate_limit"),
        fact(9, 0, start=600 * MS, end=5000 * MS, name="notify", category="http"),
        s2={"output": {"account": "A-77812"}},
        s3={"input": {"shop": "s-20"}},
    )


def asked(store: Engine, **filters: str | list[str]) -> Any:
    pairs = [(name, text) for name, given in filters.items() for text in ([given] if isinstance(given, str) else given)]
    return what_if(store, TRACE, pairs)


def test_the_bar_sums_to_the_duration_and_names_what_nothing_explains(store: Engine) -> None:
    store.write(triage_batch())
    totals = totals_of(store, EXECUTION_ID, ())
    assert [(part.name, part.duration_ns // MS) for part in totals.bar] == [
        ("llm", 4700), ("unexplained", 2100), ("tool", 1900), ("llm_wait", 800), ("database", 500),
    ]  # fmt: skip
    assert sum(part.duration_ns for part in totals.bar) == totals.duration_ns
    assert sum(part.share for part in totals.bar) == pytest.approx(1)


@pytest.mark.parametrize("by", ["by_category", "by_agent"])
def test_each_grouping_sums_to_the_duration(store: Engine, by: str) -> None:
    keep_team(store)
    totals = totals_of(store, TRACE, ())
    groups = getattr(totals, by)
    assert sum(group.wall_ns for group in groups) == totals.duration_ns == 1000 * MS
    assert sum(group.critical_ns for group in groups) == totals.duration_ns


def test_totals_of_steps_agents_and_models(store: Engine) -> None:
    store.write(triage_batch())
    totals = totals_of(store, EXECUTION_ID, ())
    steps = {
        step.name: (step.count, step.failed, step.total_ns // MS, step.critical_ns // MS) for step in totals.by_step
    }
    assert steps["embed"] == (5, 0, 1000, 1000)
    assert steps["price"] == (1, 1, 900, 900)
    agents = {one.name: (one.count, one.total_ns // MS, one.self_ns // MS, one.share) for one in totals.by_agent}
    assert agents == {"claims-triage": (1, 10_000, 6_000, 0.6), "damage-assessor": (1, 4_000, 4_000, 0.4)}
    assert [(model.name, model.count) for model in totals.by_model] == [("small-model", 1), ("vision-model", 1)]
    assert (totals.models_ns // MS, totals.overhead_ns // MS) == (5_500, 4_500)
    assert [gap.duration_ns // MS for gap in totals.gaps] == [1000, 500, 500, 100]


def test_parallel_model_calls_are_not_taken_off_twice(store: Engine) -> None:
    keep(store, agent(0, end=100), *(fact(number, 0, start=10, end=60, category="llm") for number in (1, 2)))
    totals = totals_of(store, TRACE, ())
    assert (totals.models_ns, totals.overhead_ns) == (50, 50)


def test_the_critical_path_has_its_parts_and_what_others_could_spare(store: Engine) -> None:
    keep_team(store)
    found = critical_path_of(store, TRACE, ())
    assert sum(one.duration_ns for one in found.path) == found.duration_ns == 1000 * MS
    assert [(part.name, part.critical_ns // MS) for part in found.parts[:3]] == [
        ("answer", 330), ("plan", 200), ("search", 190),
    ]  # fmt: skip
    assert sum(part.critical_ns for part in found.parts) == found.duration_ns
    assert [(step.name, step.slack_ns and step.slack_ns // MS) for step in found.spare] == [
        ("notify", None), ("search", 50), ("search", 100),
    ]  # fmt: skip
    assert (found.retries_ns // MS, found.outliving, found.early) == (50, 1, 0)


def test_clocks_that_differ_are_counted(store: Engine) -> None:
    keep(store, agent(0, start=50 * MS, end=100 * MS), fact(1, 0, start=0, end=90 * MS))
    assert critical_path_of(store, TRACE, ()).early == 1


def test_waits_by_kind_and_the_straggler_of_a_join(store: Engine) -> None:
    keep_team(store)
    found = waiting_of(store, TRACE, ())
    assert [(kind.kind, kind.count, kind.critical_ns // MS, kind.longest_name) for kind in found.kinds] == [
        ("first_token", 1, 50, "plan"), ("rate_limit", 1, 50, "wait before retry"),
    ]  # fmt: skip
    (join,) = found.joins
    assert (join.straggler_id, join.then, join.branches, join.lead_ns // MS) == (span_id(4), "answer", 3, 50)
    assert (join.waited_ns // MS, [branch.waited_ns // MS for branch in join.first]) == (150, [100, 50])


def test_several_changes_are_simulated_together(store: Engine) -> None:
    keep_team(store)
    found = asked(store, faster="answer=2x", parallel="profile,orders")
    assert [(change.deed, change.saving_ns // MS) for change in found.changes] == [("faster", 190), ("parallel", 90)]
    assert (found.before_ns // MS, found.after_ns // MS, found.share) == (1000, 720, 0.28)
    assert sum(one.duration_ns for one in found.critical_path) == found.after_ns


def test_steps_that_do_not_share_data_are_called_independent_with_the_reason(store: Engine) -> None:
    keep_team(store)
    (change,) = asked(store, parallel="profile,orders").changes
    (evidence,) = change.evidence
    assert (evidence.verdict, evidence.confidence) == ("independent", "medium")
    assert evidence.reasons == ["nothing of the output of profile is in the input of orders"]


def test_the_order_in_other_executions_is_evidence(store: Engine) -> None:
    for number in range(3):
        trace = f"{number + 1:032x}"
        told = [
            agent(0, end=100, trace=trace),
            fact(1, 0, start=0 if number else 50, end=40 if number else 90, name="profile", trace=trace),
            fact(2, 0, start=50 if number == 1 else 0, end=99, name="orders", trace=trace),
        ]
        rows = build_rows(told, now_ns=100 * SECOND)
        store.write(Batch(executions=rows.executions, steps=rows.steps))
    (change,) = what_if(store, f"{2:032x}", [("parallel", "profile,orders")]).changes
    assert change.evidence[0].reasons[0] == "in 2 of 3 executions orders began before profile had ended"
    assert (change.evidence[0].verdict, change.evidence[0].confidence) == ("independent", "high")


def test_the_order_of_steps_that_come_again_is_no_evidence(store: Engine) -> None:
    for number in range(4):  # a model before and after its tool, and in half of them before it only
        trace = f"{number + 1:032x}"
        rows = build_rows(
            [
                agent(0, end=100, trace=trace),
                fact(1, 0, start=0, end=30, name="chat", category="llm", trace=trace),
                fact(2, 0, start=30, end=60, name="query", category="database", trace=trace),
                *([fact(3, 0, start=60, end=90, name="chat", category="llm", trace=trace)] if number < 2 else []),
            ],
            now_ns=100 * SECOND,
        )
        store.write(Batch(executions=rows.executions, steps=rows.steps))
    (change,) = what_if(store, f"{1:032x}", [("parallel", f"{span_id(2)},{span_id(3)}")]).changes
    assert [(one.first, one.second) for one in change.evidence] == [("query", "chat")]
    assert not any("executions" in reason for one in change.evidence for reason in one.reasons)


@pytest.mark.parametrize(
    ("deed", "text", "saving_ms"),
    [
        ("faster", "search=150ms", 40),
        ("faster", span_id(4) + "=2x", 50),
        ("remove", "wait before retry", 50),
        ("remove", "notify", 0),
        ("cache", "search", 0),
    ],
)
def test_steps_are_named_by_name_or_id(store: Engine, deed: str, text: str, saving_ms: int) -> None:
    keep_team(store)
    assert asked(store, **{deed: text}).saving_ns // MS == saving_ms


def test_each_turn_of_a_loop_runs_its_own_steps_at_once(store: Engine) -> None:
    names = ("think", "find", "weigh") * 2
    steps = [
        fact(number, 0, start=number * 10 - 10, end=number * 10, name=name)
        for number, name in enumerate(names, start=1)
    ]
    keep(store, agent(0, end=60), *steps)
    assert asked(store, parallel="find,weigh").after_ns == 40


def test_steps_inside_different_agents_run_at_once_with_their_agents(store: Engine) -> None:
    inner = (agent(1, 0, start=0, end=40), fact(2, 1, start=5, end=35, name="read"))
    other = (agent(3, 0, start=40, end=90), fact(4, 3, start=45, end=85, name="judge"))
    keep(store, agent(0, end=100), *inner, *other)
    assert asked(store, parallel="read,judge").after_ns == asked(store, parallel="a1,a3").after_ns == 60


def test_without_a_change_it_says_what_could_be_tried(store: Engine) -> None:
    keep_team(store)
    found = asked(store)
    assert (found.saving_ns, found.changes) == (0, [])
    assert [(one.option, one.saving_ns // MS) for one in found.tries[:3]] == [
        ("--faster answer=2x", 190), ("--faster plan=2x", 100), ("--faster search=2x", 95),
    ]  # fmt: skip
    assert "--remove 'wait before retry'" in [one.option for one in found.tries]
    assert [one.saving_ns for one in found.tries] == sorted((one.saving_ns for one in found.tries), reverse=True)


def test_what_is_offered_saves_what_was_said_when_it_is_asked_for(store: Engine) -> None:
    keep_team(store)
    for one in asked(store).tries:
        deed, _, text = one.option.removeprefix("--").partition(" ")
        assert asked(store, **{deed: text.strip("'")}).saving_ns == one.saving_ns, one.option


def test_steps_that_need_each_other_are_not_offered_at_once(store: Engine) -> None:
    steps = (fact(1, 0, start=0, end=50, name="profile"), fact(2, 0, start=50, end=100, name="orders"))
    keep(store, agent(0, end=100), *steps, s1={"output": {"account": "A-77812"}}, s2={"input": {"account": "A-77812"}})
    assert [one.deed for one in asked(store).tries] == ["faster", "faster"]


def test_only_calls_with_equal_arguments_are_cached(store: Engine) -> None:
    hashes = ("x", "y", "x")
    steps = [
        fact(number, 0, start=number * 10 - 10, end=number * 10, name="read", category="tool", argument_hash=key)
        for number, key in enumerate(hashes, start=1)
    ]
    keep(store, agent(0, end=30), *steps)
    assert asked(store, cache="read").after_ns == 20


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"remove": "serch"}, "Did you mean 'search'?"),
        ({"faster": "search"}, "Write it like summarise=2x"),
        ({"faster": "search=0x"}, "use remove"),
        ({"faster": "search=soon"}, "250ms"),
        ({"remove": span_id(4)[:15]}, "the beginning of one id, not of 10"),
        ({"parallel": "plan"}, "two steps or more"),
        ({"quicker": "plan"}, "There is no filter 'quicker'"),
    ],
)
def test_a_change_that_cannot_be_read_says_how_to_write_it(store: Engine, filters: dict[str, str], words: str) -> None:
    keep_team(store)
    with pytest.raises(InvalidInput, match=words.replace("?", r"\?")):
        asked(store, **filters)


def test_an_execution_that_runs_is_told_so_far(store: Engine) -> None:
    store.write(triage_batch(is_running=True))
    assert totals_of(store, EXECUTION_ID, ()).is_running
    assert critical_path_of(store, EXECUTION_ID, ()).is_running
    assert waiting_of(store, EXECUTION_ID, ()).is_running
    found = what_if(store, EXECUTION_ID, ())
    assert found.before_ns == found.after_ns


@pytest.mark.parametrize("ask", [totals_of, critical_path_of, waiting_of, what_if])
def test_an_unknown_execution_is_not_found(store: Engine, ask: Any) -> None:
    with pytest.raises(NotFound):
        ask(store, "f" * 32, ())
