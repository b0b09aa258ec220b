"""Rules against noise: what they take away, what they never do, and what a folded run claims."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from execution_trees import TRACE, agent, fact, link, span_id
from ingest_house import DRAIN_S, START_NS, House, span_json, traces_body
from ingest_house import TRACE as SENT
from longpole.ingest.facts import Facts
from longpole.ingest.noise import LONGEST_GAP_NS, Noise, Sifted, Taken, Told
from longpole.ingest.noise_rules import Match, NoiseRule
from longpole.ingest.pipeline import Pipeline, stored_position
from longpole.ingest.spool import START
from longpole.model.event import Body, Decision
from longpole.reports.one_execution import tree_of
from longpole.wire import longpole_names as own
from span_factory import make_span

MS = 1_000_000
DROPS = NoiseRule(name="drops", match=Match(name="health*"), drop=True)
FOLDS = NoiseRule(name="folds", match=Match(name="GET"), fold=2)


def told(facts: Facts, **attributes: Any) -> Told:
    body = Body(facts.workspace, facts.trace_id, facts.span_id, None, None, None, json.dumps(attributes), None, 1)
    return facts, body


def sift(spans: Sequence[Facts], *rules: NoiseRule, attributes: dict[str, Any] | None = None) -> Sifted:
    """What the rules make of a body with these spans, all of them with the same attributes."""
    given = [told(replace(facts), **(attributes or {})) for facts in spans]
    return Noise(rules).sift([make_span(attributes) for _ in spans], given)


def gets(number: int, *, first: int = 1, parent: int = 0, each: int = MS, gap: int = 0, **more: Any) -> list[Facts]:
    """So many GETs of a step, one after the other."""
    return [
        fact(first + i, parent, start=i * (each + gap), end=i * (each + gap) + each, **({"name": "GET"} | more))
        for i in range(number)
    ]


def ids(kept: Sequence[Told]) -> list[str]:
    return [facts.span_id for facts, _ in kept]


def test_a_trace_goes_with_its_root_unless_something_in_it_must_be_kept():
    rule = NoiseRule(name="traces", match=Match(name="GET /health*"), drop="trace")
    check = [fact(0, None, name="GET /healthz"), *gets(3)]
    kept, taken = sift(check, rule)
    assert (kept, [one.told[0].span_id for one in taken]) == ([], [span_id(number) for number in range(4)])
    for other in (fact(7, 1, status="failed"), fact(7, 1, category="llm"), fact(7, 1, end=None)):
        kept, taken = sift([*check, other], rule)
        assert ([facts for facts, _ in kept], taken) == ([*check, other], [])
    kept, taken = sift([fact(0, None, name="GET /"), fact(1, 0, name="GET /healthz")], rule)
    assert (len(kept), taken) == (2, [])
    kept, taken = sift([fact(0, None, name="health")], DROPS)
    assert (len(kept), taken) == (1, [])


def test_the_first_of_a_run_stay_and_the_others_become_one_that_covers_them():
    kept, taken = sift([agent(0, end=100 * MS), *gets(10, gap=MS)], FOLDS, attributes={"key": "value"})
    assert ids(kept) == [span_id(0), span_id(1), span_id(2), span_id(3)]
    facts, body = kept[-1]
    assert (facts.name, facts.category, facts.parent_span_id) == ("GET", "processing", span_id(0))
    assert (facts.started_ns, facts.ended_ns, facts.duration_ns) == (4 * MS, 19 * MS, 15 * MS)
    assert json.loads(body.attributes or "") == {
        "key": "value",
        own.FOLDED_STEPS: 8,
        own.FOLDED_DURATION_NS: 8 * MS,
        own.FOLDED_LONGEST_NS: MS,
    }
    [event] = facts.events
    assert (event.name, event.message, event.time_ns) == (own.EVENT_FOLDED, "×8 folded", 4 * MS)
    assert [one.rule for one in taken] == [FOLDS] * 7


def test_a_run_that_is_hardly_longer_than_what_is_kept_stays_as_it_is():
    spans = [agent(0), *gets(3)]
    kept, taken = sift(spans, FOLDS)
    assert ([facts for facts, _ in kept], taken) == (spans, [])


def test_a_gap_another_step_and_another_name_end_a_run():
    early, late = gets(5), [replace(one, started_ns=one.started_ns + 16 * MS) for one in gets(5, first=11)]
    late = [replace(one, ended_ns=one.started_ns + MS) for one in late]
    assert late[0].started_ns - (early[-1].ended_ns or 0) > LONGEST_GAP_NS
    assert ids(sift([agent(0), *early, *late], FOLDS).kept)[1:] == [span_id(n) for n in (1, 2, 3, 11, 12, 13)]
    other = fact(50, 0, start=2 * MS + 1, end=2 * MS + 2)
    assert ids(sift([agent(0), *early, other], FOLDS).kept)[1:] == [span_id(n) for n in (1, 2, 3, 4, 5, 50)]


def test_what_is_dropped_between_the_steps_of_a_run_does_not_end_it():
    check = fact(50, 0, name="health", start=3 * MS, end=4 * MS)
    kept, taken = sift([agent(0), *gets(6), check], DROPS, FOLDS)
    assert ids(kept) == [span_id(n) for n in range(4)]
    assert [one.rule.name for one in taken] == ["folds"] * 3 + ["drops"]


def test_a_step_with_children_is_never_folded_away():
    child = fact(50, 3, start=2 * MS, end=2 * MS + 1)
    kept, taken = sift([agent(0), *gets(6), child], FOLDS)
    assert (len(kept), taken) == (8, [])


def test_the_children_of_what_is_dropped_go_to_the_next_above_that_is_kept():
    spans = [agent(0), fact(1, 0, name="health 1"), fact(2, 1, name="health 2"), fact(3, 2)]
    kept, taken = sift(spans, DROPS)
    assert [(facts.name, facts.parent_span_id) for facts, _ in kept] == [("s0", None), ("s3", span_id(0))]
    assert len(taken) == 2


def test_dropped_steps_that_name_each_other_as_parents_hang_nobody():
    spans = [fact(1, 2, name="health"), fact(2, 1, name="health"), fact(3, 2)]
    assert [facts.parent_span_id for facts, _ in sift(spans, DROPS).kept] == [span_id(2)]


@pytest.mark.parametrize(
    "kept",
    [
        fact(1, 0, name="health", status="failed"),
        fact(1, 0, name="health", status="timeout"),
        fact(1, 0, name="health", end=None),
        fact(1, None, name="health"),
        agent(1, 0, name="health"),
        fact(1, 0, name="health", category="llm"),
        fact(1, 0, name="health", input_tokens=1),
        fact(1, 0, name="health", cost_usd_nanos=0),
        fact(1, 0, name="health", stage="PLAN"),
        fact(1, 0, name="health", **link(9)),
        fact(
            1,
            0,
            name="health",
            decisions=[
                Decision(
                    workspace="default",
                    trace_id=TRACE,
                    span_id=span_id(1),
                    execution_id=None,
                    event_index=0,
                    time_ns=1,
                    candidate="x",
                    received_ns=1,
                )
            ],
        ),
    ],
    ids=lambda facts: facts.status + facts.category,
)
def test_what_must_not_be_lost_is_kept_whatever_a_rule_says(kept: Facts):
    found = sift([kept], NoiseRule(name="all", match=Match(name="*"), drop=True), FOLDS)
    assert ([facts for facts, _ in found.kept], found.taken) == ([kept], [])


def test_a_step_that_a_body_tells_twice_stays_with_both_tellings():
    spans = [fact(1, 0, name="health", end=None), fact(1, 0, name="health")]
    assert len(sift(spans, DROPS).kept) == 2


@pytest.mark.parametrize(
    ("match", "is_noise"),
    [
        (Match(name="h?alth"), True),
        (Match(name="HEALTH"), False),
        (Match(category="processing"), True),
        (Match(category="http"), False),
        (Match(service="sh*"), True),
        (Match(service="s"), False),
        (Match(workspace="default"), True),
        (Match(workspace="de*"), False),
        (Match(attributes={"http.route": "/health*", "n": 200, "ok": True}), True),
        (Match(attributes={"http.route": "/health*", "n": 404}), False),
        (Match(attributes={"absent": "*"}), False),
        (Match(attributes={"list": "*"}), False),
        (Match(shorter_than_ms=10.5), True),
        (Match(shorter_than_ms=10), False),
        (Match(name="health", category="processing", shorter_than_ms=1), False),
    ],
)
def test_a_rule_matches_by_everything_that_it_says(match: Match, is_noise: bool):
    attributes = {"http.route": "/healthz", "n": 200, "ok": True, "list": ["a"]}
    spans = [fact(1, 0, name="health", end=10 * MS, service="shop")]
    found = sift(spans, NoiseRule(name="r", match=match, drop=True), attributes=attributes)
    assert len(found.taken) == is_noise


def test_the_first_rule_that_matches_decides_and_what_each_took_is_counted():
    noise = Noise([FOLDS, NoiseRule(name="late", match=Match(name="*"), drop=True)])
    spans = [agent(0), *gets(6), fact(20, 0, name="other", start=90 * MS, end=91 * MS)]
    given = [told(facts) for facts in spans]
    noise.note(noise.sift([make_span() for _ in spans], given).taken)
    assert {name: (count.dropped, count.folded) for name, count in noise.counts.items()} == {
        "folds": (0, 3),
        "late": (1, 0),
    }


@st.composite
def bodies(draw: st.DrawFn) -> list[Facts]:
    """The spans of a body: an agent, and below it steps of few names, some of them failed or open, in any order."""
    number = draw(st.integers(1, 30))
    spans = [agent(0, end=10**9)]
    for place in range(1, number):
        start = draw(st.integers(0, 40)) * MS
        is_open = draw(st.integers(0, 9)) == 0
        status = draw(st.sampled_from(["success"] * 5 + ["failed"]))
        spans.append(
            fact(
                place,
                draw(st.sampled_from([0, 0, 0, place - 1, 99])),
                start=start,
                end=None if is_open else start + draw(st.integers(0, 15)) * MS,
                name=draw(st.sampled_from(["GET", "GET", "health", "work"])),
                **({} if is_open else {"status": status}),
            )
        )
    return draw(st.permutations(spans))


@given(bodies(), st.integers(0, 3))
def test_kept_and_taken_are_together_what_was_sent_and_a_failed_step_is_kept(spans: list[Facts], first: int):
    kept, taken = sift(spans, DROPS, replace(FOLDS, fold=first))
    assert sorted(ids(kept) + [one.told[0].span_id for one in taken]) == sorted(one.span_id for one in spans)
    must_stay = {one.span_id for one in spans if one.status != "success" or one.kind or one.ended_ns is None}
    assert must_stay <= set(ids(kept))
    assert all(one.rule.name == ("drops" if one.told[0].name == "health" else "folds") for one in taken)


@given(bodies(), st.integers(0, 3))
def test_a_folded_step_covers_its_run_and_nothing_else(spans: list[Facts], first: int):
    kept, taken = sift(spans, DROPS, replace(FOLDS, fold=first))
    of = {one.span_id: one for one in spans}
    gone = {one.told[0].span_id for one in taken if one.rule.name == "folds"}
    for facts, body in kept:
        count = msgspec.json.decode(body.attributes or "{}").get(own.FOLDED_STEPS)
        if count is None:
            assert facts.duration_ns == of[facts.span_id].duration_ns
            continue
        begin, end = facts.started_ns, facts.ended_ns or 0
        # In order of start its run is the first of it and what follows of the siblings that are gone.
        run = [of[facts.span_id]]
        siblings = [one for one in of.values() if one.span_id in gone]
        for one in sorted(siblings, key=lambda one: (one.started_ns, one.span_id)):
            is_behind = (one.started_ns, one.span_id) > (begin, facts.span_id)
            if is_behind and len(run) < count and (told_of := _parent(spans, one)) == _parent(spans, run[0]):
                assert told_of is not None
                assert one.started_ns - max(other.ended_ns or 0 for other in run) <= LONGEST_GAP_NS
                run.append(one)
        assert len(run) == count
        assert (begin, end) == (min(one.started_ns for one in run), max(one.ended_ns or 0 for one in run))
        attributes = msgspec.json.decode(body.attributes or "{}")
        assert attributes[own.FOLDED_DURATION_NS] == sum(one.duration_ns or 0 for one in run)
        assert attributes[own.FOLDED_LONGEST_NS] == max(one.duration_ns or 0 for one in run)


def _parent(spans: Sequence[Facts], one: Facts) -> str | None:
    """The nearest span above that is not dropped."""
    dropped = {two.span_id: two for two in spans if two.name == "health" and two.status == "success" and two.ended_ns}
    parent = one.parent_span_id
    while parent in dropped:
        parent = dropped[parent].parent_span_id
    return parent


@given(bodies())
def test_the_same_body_again_gives_the_same(spans: list[Facts]):
    noise = Noise([DROPS, FOLDS])
    first, again = (
        noise.sift([make_span() for _ in spans], [told(replace(facts)) for facts in spans]) for _ in range(2)
    )
    assert first == again


class Quiet(House):
    """A house whose steps can be looked at."""

    def steps(self) -> list[tuple[str, str, int]]:
        steps = tree_of(self.engine, SENT).steps
        return [(step.step_id, step.name, step.duration_ns or 0) for step in steps]


@pytest.fixture
def house(tmp_path: Path):
    made = Quiet(tmp_path)
    yield made
    made.close()


def redis(number: int, **more: Any) -> dict[str, Any]:
    begin = START_NS + number * 1000
    return span_json(number, 1, name="GET", startTimeUnixNano=str(begin), endTimeUnixNano=str(begin + 500)) | more


def test_a_body_that_is_read_again_after_a_kill_or_sent_again_changes_nothing(house: Quiet):
    body = traces_body(span_json(1), *map(redis, range(2, 40)), span_json(60, 1, name="health"))
    house.offer(body)
    first = house.start(noise=Noise([DROPS, FOLDS]))
    assert first.drain(DRAIN_S)
    before = house.steps()
    assert [duration for _, _, duration in before] == [500, 500, 35 * 1000 + 500]
    house.offer(body)
    assert first.drain(DRAIN_S)
    assert {name: (count.dropped, count.folded) for name, count in first.noise.items()} == {
        "drops": (2, 0),
        "folds": (0, 70),
    }
    first.close(DRAIN_S)
    assert house.steps() == before
    noise = Noise([DROPS, FOLDS])
    again = Pipeline(house.engine, house.spool, dead_letters=house.folder / "dead", noise=noise)
    house.pipelines.append(again)
    again._read_position = START  # what a killed server had stored, but not yet said how far
    again.start()
    assert again.drain(DRAIN_S)
    assert house.steps() == before
    assert house.spool.unread_bytes(stored_position(house.engine)) == 0


def test_a_step_that_was_seen_open_is_told_its_end(house: Quiet):
    pipeline = house.start(noise=Noise([DROPS, FOLDS]))
    opened: dict[str, Any] = {"attributes": [{"key": own.OPEN, "value": {"boolValue": True}}], "endTimeUnixNano": "0"}
    house.offer(traces_body(span_json(1), redis(9, name="health", **opened)))
    assert pipeline.drain(DRAIN_S)
    house.offer(traces_body(redis(9, name="health")))
    assert pipeline.drain(DRAIN_S)
    assert house.steps() == [(f"{9:016x}", "health", 500)]
    assert pipeline.noise["drops"].dropped == 0


def test_what_a_rule_needs_of_the_attributes_is_read_as_it_was_sent():
    span = make_span({"db.statement": "PING"}, name="health")
    rule = NoiseRule(name="pings", match=Match(attributes={"db.statement": "PING"}), drop=True)
    facts = fact(1, 0, name="health")
    assert Noise([rule]).sift([span], [told(facts)]).taken == [Taken(rule, told(facts))]
