from random import Random

from hypothesis import given
from hypothesis import strategies as st

from longpole.analysis.cache_hits import Call, simulate_cache
from longpole.model.clock import SECOND_NS

calls = st.builds(
    Call,
    key=st.sampled_from("abc"),
    started_ns=st.integers(0, 100),
    duration_ns=st.integers(0, 20),
    cost_usd_nanos=st.none() | st.integers(0, 9),
    weight=st.sampled_from([1.0, 4.0]),
)


def call(key: str, second: float, *, cost: int | None = None, weight: float = 1.0) -> Call:
    return Call(key, round(second * SECOND_NS), SECOND_NS, cost, weight)


def test_a_second_call_is_a_hit_until_the_entry_is_too_old():
    found = simulate_cache([call("a", 0), call("a", 30), call("a", 60.5), call("a", 62), call("b", 31)], 60 * SECOND_NS)
    assert (found.calls, found.hits, found.saved_ns) == (5, 2, 2 * SECOND_NS)
    assert found.rate == 0.4


def test_an_entry_does_not_live_longer_by_being_read():
    found = simulate_cache([call("a", second) for second in (0, 8, 16)], 10 * SECOND_NS)
    assert found.hits == 1


def test_a_call_beside_the_one_that_fills_the_cache_saves_only_what_it_does_not_wait():
    found = simulate_cache([call("a", 0), call("a", 0.75)], 60 * SECOND_NS)
    assert (found.hits, found.saved_ns) == (1, 750_000_000)


def test_money_is_saved_only_where_it_is_known():
    assert simulate_cache([call("a", 0), call("a", 5)], 60 * SECOND_NS).saved_usd_nanos is None
    found = simulate_cache([call("a", 0, cost=7), call("a", 5, cost=7, weight=3), call("a", 9)], 60 * SECOND_NS)
    assert (found.saved_usd_nanos, found.hits) == (21, 4)


@given(st.lists(calls))
def test_a_cache_that_forgets_nothing_misses_only_the_first_call_of_each_key(made: list[Call]):
    ordered = sorted(made, key=lambda one: one.started_ns)
    first = {one.key: one.weight for one in reversed(ordered)}
    found = simulate_cache(made, 10**9)
    assert found.calls == sum(one.weight for one in made)
    assert found.hits == found.calls - sum(first.values())


@given(st.lists(calls), st.randoms(use_true_random=False))
def test_the_order_in_which_calls_are_given_changes_nothing(made: list[Call], random: Random):
    distinct = [Call(one.key, 1000 * n, one.duration_ns, one.cost_usd_nanos, one.weight) for n, one in enumerate(made)]
    shuffled = list(distinct)
    random.shuffle(shuffled)
    assert simulate_cache(shuffled, 2500) == simulate_cache(distinct, 2500)
