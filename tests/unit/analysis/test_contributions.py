import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.analysis.contributions import Usual, is_clear, split_change, split_changes

numbers = st.floats(0, 1e6)
usual = st.builds(Usual, numbers, numbers)


@given(usual, usual)
def test_more_calls_and_slower_calls_add_up_to_the_whole_change(before: Usual, after: Usual):
    parts = split_change("search", before, after)
    whole = after.calls * after.mean_ns - before.calls * before.mean_ns
    assert parts.total_ns == pytest.approx(whole, rel=1e-9, abs=1e-3)


def test_what_only_happens_more_often_is_not_called_slower_and_the_other_way_round():
    more = split_change("search", Usual(2, 100), Usual(3, 100))
    assert (more.more_calls_ns, more.slower_calls_ns) == (100, 0)
    slower = split_change("search", Usual(2, 100), Usual(2, 150))
    assert (slower.more_calls_ns, slower.slower_calls_ns) == (0, 100)


def test_a_step_that_is_new_is_all_more_calls():
    (new,) = split_changes({}, {"search": Usual(2, 100)})
    assert (new.more_calls_ns, new.slower_calls_ns) == (200, 0)


def test_the_step_that_changed_most_comes_first_whichever_way():
    before = {"a": Usual(1, 100), "b": Usual(1, 500), "c": Usual(1, 10)}
    after = {"a": Usual(1, 150), "b": Usual(1, 300), "c": Usual(1, 10)}
    assert [one.operation for one in split_changes(before, after)] == ["b", "a", "c"]


def test_a_difference_that_days_show_by_themselves_is_not_clear():
    assert is_clear([100, 103, 98, 101], [130, 128, 133])
    assert not is_clear([100, 160, 40, 120], [110, 170, 60])
    assert not is_clear([100], [200])
