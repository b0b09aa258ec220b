"""What watching event loops may cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.record.loop_allowance import FIRST_NS, LONGEST_PAUSE_NS, SAVED_NS, SHARE, Allowance, share_of

COSTS = st.lists(st.integers(0, 5_000_000), min_size=1, max_size=200)


@given(costs=COSTS, share=st.sampled_from([SHARE, 3 * SHARE]))
def test_no_more_than_the_share_and_what_was_saved_is_taken_whatever_a_look_costs(
    costs: list[int], share: float
) -> None:
    now, spent = 0, 0
    allowance = Allowance(now, spent)
    for cost in costs:
        # A look is begun only when nothing is owed, so only the last one can go beyond.
        assert spent <= SAVED_NS + share * now + max(costs) + 1
        spent += cost
        now += cost
        while pause := allowance.pause_ns(now, spent, share=share):
            now += pause


def test_a_watch_that_costs_little_is_never_put_off() -> None:
    allowance = Allowance(0, 0)
    half = SHARE / 2
    assert all(allowance.pause_ns(now, round(now * half)) == 0 for now in range(0, 10**11, 10**8))


def test_what_a_quiet_time_left_over_pays_for_some_blocks_at_once() -> None:
    allowance = Allowance(0, 0)
    allowance.pause_ns(3600 * 10**9, 0)
    assert allowance.pause_ns(3600 * 10**9, SAVED_NS) == 0
    assert allowance.pause_ns(3600 * 10**9, SAVED_NS + 9_000) == pytest.approx(1_000_000, abs=1_000)


def test_what_a_process_begins_with_is_kept_until_it_is_used_and_given_once() -> None:
    allowance = Allowance(0, 0, saved_ns=FIRST_NS)
    assert allowance.pause_ns(10**9, 0) == 0
    assert allowance.pause_ns(10**9, FIRST_NS) == 0
    assert allowance.pause_ns(10**9, FIRST_NS + 9_000) == pytest.approx(1_000_000, abs=1_000)
    allowance.pause_ns(3600 * 10**9, FIRST_NS + 9_000)
    assert allowance.pause_ns(3600 * 10**9, FIRST_NS + SAVED_NS + 18_000) > 0


def test_one_look_that_cost_very_much_does_not_end_the_watching() -> None:
    assert Allowance(0, 0).pause_ns(0, 10**12) == LONGEST_PAUSE_NS


def test_looking_more_often_may_cost_more_and_looking_more_seldom_saves_nothing() -> None:
    assert share_of(25_000_000, 50_000_000) == 2 * SHARE
    assert share_of(500_000_000, 50_000_000) == SHARE
