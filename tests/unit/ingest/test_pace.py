"""How fast something comes: over the last seconds, not since ever, and not by one lump."""

from longpole.ingest.pace import Pace


def test_a_pace_is_that_of_the_last_seconds() -> None:
    pace = Pace(2.0)
    steady = [pace.per_s(1_000 * second, float(second)) for second in range(9)]
    assert steady == [0, 0, *[1_000] * 7]
    assert [pace.per_s(8_000, second) for second in (9.0, 10.0, 12.0)] == [1_000, 0, 0]


def test_a_lump_counts_as_what_it_is_over_the_whole_time() -> None:
    pace = Pace(2.0)
    assert pace.per_s(0, 0.0) == 0
    assert [pace.per_s(500, at_s) for at_s in (0.1, 1.0, 1.9)] == [0, 0, 0]
    assert pace.per_s(500, 2.0) == 250
