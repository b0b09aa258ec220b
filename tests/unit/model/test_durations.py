"""Durations in buckets: what they say of quantiles is within a bucket of the truth."""

from hypothesis import given
from hypothesis import strategies as st

from longpole.model.durations import BOUNDS_S, Durations


def test_nothing_counted_says_nothing() -> None:
    durations = Durations()
    assert (durations.counted().number, durations.counted().quantile_ns(0.5), durations.take_peak_ns()) == (
        0,
        None,
        None,
    )


def test_the_peak_is_of_the_time_since_it_was_taken_last() -> None:
    durations = Durations()
    durations.add(0.2)
    durations.add(0.1)
    assert durations.take_peak_ns() == 200_000_000
    assert durations.take_peak_ns() is None
    durations.add(0.1)
    assert durations.take_peak_ns() == 100_000_000
    assert durations.counted().number == 3


def test_what_is_longer_than_every_bound_is_counted_and_told_as_the_last() -> None:
    durations = Durations()
    durations.add(99.0)
    assert durations.counted().counts[-1] == 1
    assert durations.counted().quantile_ns(0.5) == BOUNDS_S[-1] * 1e9


@given(st.lists(st.floats(0.0, 9.9), min_size=1, max_size=50), st.sampled_from((0.5, 0.95, 0.99)))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(values: list[float], share: float) -> None:
    durations = Durations()
    for value in values:
        durations.add(value)
    rank = next(n for n in range(1, len(values) + 1) if n >= share * len(values) - 1e-9)
    true = sorted(values)[rank - 1]
    upper = next(bound for bound in BOUNDS_S if true <= bound)
    lower = max((bound for bound in BOUNDS_S if bound < true), default=0.0)
    found = durations.counted().quantile_ns(share)
    assert found is not None
    assert lower * 1e9 - 1 <= found <= upper * 1e9 + 1
