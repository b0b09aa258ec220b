import random

from hypothesis import given
from hypothesis import strategies as st

from execution_trees import TRACE, agent, fact, groups, link, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.ownership import Ownership, assign_owners
from longpole.model.ids import execution_id_of
from longpole.model.tree import NO_PARENT

OTHER = "b" * 32


def owners_of(*facts: Facts) -> tuple[Ownership, dict[str, str]]:
    """The ownership, and per span name the name of its owner."""
    place = assign_owners(facts, now_ns=100)
    return place, {one.name: place.facts[place.owners[i]].name for i, one in enumerate(place.facts)}


def node(place: Ownership, name: str) -> int:
    return next(i for i, one in enumerate(place.facts) if one.name == name)


def test_a_step_belongs_to_the_nearest_execution_above_it():
    place, owner = owners_of(agent(0, end=90), fact(1, 0), agent(2, 1, start=1), fact(3, 2, start=2))
    assert owner == {"s0": "s0", "s1": "s0", "s2": "s2", "s3": "s2"}
    assert place.parents[node(place, "s2")] == node(place, "s0")
    assert [place.depths[node(place, name)] for name in ("s0", "s1", "s2", "s3")] == [0, 1, 1, 1]


def test_a_trace_without_agents_is_one_execution_even_if_it_is_a_single_model_call():
    place, _ = owners_of(fact(0, category="llm"))
    assert place.kinds == ["root"]


def test_every_root_of_a_trace_without_agents_is_an_execution():
    place, owner = owners_of(fact(0), fact(1, start=5), fact(2, 1, start=6))
    assert place.kinds == ["root", "root", None]
    assert owner["s2"] == "s1"


def test_an_orphan_is_an_execution_only_as_long_as_there_is_no_root():
    place, _ = owners_of(fact(1, 0), fact(2, 1))
    assert place.kinds == ["root", None]
    assert place.missing == 1
    place, owner = owners_of(fact(1, 7), fact(2, 1), fact(9, start=0))
    assert owner == {"s1": "s9", "s2": "s9", "s9": "s9"}
    assert place.is_outside == [one.name != "s9" for one in place.facts]


def test_a_late_root_takes_over_what_waited_for_it():
    place, owner = owners_of(fact(1, 0, start=1), fact(2, 1, start=2), fact(0, start=0))
    assert set(owner.values()) == {"s0"}
    assert place.missing == 0
    assert not any(place.is_outside)


def test_a_request_above_its_agent_is_outside_and_belongs_to_the_agent_that_starts_first_below():
    place, owner = owners_of(
        fact(0, category="http", end=90), agent(1, 0, start=30), agent(2, 0, start=10), fact(3, 0, start=50)
    )
    assert owner == {"s0": "s2", "s1": "s1", "s2": "s2", "s3": "s2"}
    assert {one.name for i, one in enumerate(place.facts) if place.is_outside[i]} == {"s0", "s3"}
    assert place.parents == [NO_PARENT] * 4


def test_a_root_that_links_to_another_trace_is_below_what_it_links_to():
    place, owner = owners_of(
        agent(0, end=90), fact(1, 0, start=1), agent(5, trace=OTHER, start=20, **link(1)), fact(6, 5, trace=OTHER)
    )
    assert owner["s6"] == "s5"
    linked = node(place, "s5")
    assert place.parents[linked] == node(place, "s0")
    assert place.roots[linked] == node(place, "s0")
    assert place.call_reasons[linked] == "span link"


def test_a_trace_without_agents_that_links_to_an_agents_trace_is_part_of_that_agent():
    _, owner = owners_of(agent(0, end=90), fact(5, trace=OTHER, start=20, **link(0)), fact(6, 5, trace=OTHER))
    assert owner == {"s0": "s0", "s5": "s0", "s6": "s0"}


def test_linked_traces_without_any_agent_nest_by_their_links():
    place, _ = owners_of(fact(0, end=90), fact(5, trace=OTHER, start=20, **link(0)))
    assert place.kinds == ["root", "root"]
    assert place.parents == [NO_PARENT, 0]


def test_traces_that_link_to_each_other_do_not_hang_in_each_other():
    place, _ = owners_of(agent(0, **link(5, OTHER)), agent(5, trace=OTHER, start=1, **link(0)))
    assert place.parents == [NO_PARENT, 0]


def test_spans_that_are_each_others_parents_are_all_kept():
    place, owner = owners_of(fact(0, 1), fact(1, 2, start=1), fact(2, 0, start=2))
    assert owner == {"s0": "s0", "s1": "s0", "s2": "s0"}
    assert place.kinds == ["root", None, None]


def test_a_cycle_beside_a_real_agent_is_outside_of_it():
    place, owner = owners_of(agent(9, end=90), fact(0, 1, start=1), fact(1, 0, start=2))
    assert owner == {"s9": "s9", "s0": "s9", "s1": "s9"}
    assert place.is_outside == [False, True, True]


def test_steps_are_numbered_in_order_of_start_unless_the_program_did_it():
    place, _ = owners_of(agent(0, end=90), fact(1, 0, start=9), fact(2, 0, start=3), fact(3, 0, start=5, step_index=40))
    assert {one.name: place.step_indexes[i] for i, one in enumerate(place.facts)} == {
        "s0": 0,
        "s2": 0,
        "s3": 40,
        "s1": 2,
    }


def test_an_execution_keeps_the_id_that_its_program_gave_unless_two_claim_it():
    place, _ = owners_of(agent(0, execution_id="mine", end=90), agent(1, 0, start=1, execution_id="mine"))
    assert place.execution_ids == {0: "mine", 1: execution_id_of(TRACE, span_id(1))}


def test_an_agent_that_a_tool_calls_says_so():
    place, _ = owners_of(agent(0, end=90), fact(1, 0, start=1, category="tool", tool="delegate"), agent(2, 1, start=2))
    assert place.call_reasons == {2: "tool delegate"}


@given(groups(), st.integers(0, 1000))
def test_every_span_has_an_execution_whatever_arrives_in_whatever_order(facts: list[Facts], seed: int):
    place = assign_owners(facts, now_ns=100)
    assert all(place.kinds[owner] is not None for owner in place.owners)
    assert all(place.parents[root] == NO_PARENT for root in place.roots)
    mixed = list(facts)
    random.Random(seed).shuffle(mixed)
    assert assign_owners(mixed, now_ns=100) == place


def test_a_chain_of_fifty_thousand_agents_is_no_problem():
    count = 50_000
    facts = [agent(i, i - 1 if i else None, start=i, end=10**6 - i) for i in range(count)]
    assert max(assign_owners(facts, now_ns=0).depths) == count - 1
