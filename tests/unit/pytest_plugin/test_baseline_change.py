"""Two baselines compared: what is called worse, and that noise is not."""

from math import exp
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from longpole.model.errors import InvalidInput
from longpole.testing.baseline import Baseline, Counters, Measured, baseline_of, load_baselines, save_baseline
from longpole.testing.baseline_change import BaselineChange, MeasureChange, compare_baselines

MS = 1_000_000


def process(random: Random, *, mean_ms: float = 100, runs: int = 20, between: float = 0.1) -> Baseline:
    """What one process measured: its runs scatter by 5 %, and processes by `between`."""
    busy = random.gauss(0, between)
    durations = [round(mean_ms * MS * exp(busy + random.gauss(0, 0.05))) for _ in range(runs)]
    return baseline_of([Measured(name="t", durations_ns=durations)])


def counted(*values: int | None, exact: bool = False) -> Baseline:
    """A process that counted so many model calls in its runs."""
    spent = Counters(model_calls=list(values))
    return baseline_of([Measured(name="t", durations_ns=[MS] * len(values), spent=spent, exact=exact)])


def calls(base: Baseline, head: Baseline) -> MeasureChange:
    """How the model calls changed."""
    (test,) = compare_baselines([base], [head]).operations
    return next(one for one in test.changes if one.measure == "model_calls")


def duration(found: BaselineChange) -> MeasureChange:
    """How the duration changed."""
    return found.operations[0].changes[0]


def test_a_test_that_takes_half_as_long_again_is_slower_for_certain() -> None:
    random = Random(1)
    base = [process(random, between=0.03) for _ in range(5)]
    found = compare_baselines(base, [process(random, mean_ms=150, between=0.03)])
    one = duration(found)
    assert (one.verdict, one.base_runs, one.base_processes, found.has_regressed) == ("worse", 100, 5, True)
    assert one.low is not None
    assert one.high is not None
    assert 0 < one.low < (one.change or 0) < one.high
    slow = [process(random, mean_ms=150, between=0.03) for _ in range(5)]
    assert duration(compare_baselines(slow, base)).verdict == "better"


@pytest.mark.parametrize("heads", [1, 5])
def test_where_only_the_machine_was_busier_nothing_is_called_slower(heads: int) -> None:
    random = Random(2)
    alarms = 0
    for _ in range(60):
        base = [process(random, between=0.4) for _ in range(5)]
        found = compare_baselines(base, [process(random, between=0.4) for _ in range(heads)])
        alarms += duration(found).verdict in ("worse", "better")
    assert alarms <= 2


@pytest.mark.parametrize(("processes", "runs"), [(1, 100), (3, 20), (5, 3)])
def test_too_few_processes_or_runs_are_no_alarm_however_slow_it_got(processes: int, runs: int) -> None:
    random = Random(3)
    base = [process(random, runs=runs) for _ in range(processes)]
    found = compare_baselines(base, [process(random, mean_ms=1000, runs=19 if processes == 5 else 20)])
    assert (duration(found).verdict, found.has_regressed) == ("too_few", False)


def test_durations_of_another_machine_are_told_and_not_judged() -> None:
    random = Random(4)
    here = [process(random, between=0) for _ in range(5)]
    slow = process(random, mean_ms=500, between=0)
    there = replace(slow, environment={**slow.environment, "cpus": 999})
    found = compare_baselines(here, [there])
    assert (duration(found).verdict, found.has_regressed) == ("elsewhere", False)
    assert any(text.endswith("and 999") for text in found.differing)


def test_a_counter_that_never_varied_is_compared_exactly() -> None:
    more = calls(counted(3, 3, 3, 3), counted(4, 4, 4, 4))
    assert (more.verdict, more.is_exact, more.change) == ("worse", True, 1)
    assert calls(counted(3, 3, 3, 3), counted(2, 2, 2, 2)).verdict == "better"
    same = calls(counted(3), counted(3))
    assert (same.verdict, same.is_exact) == ("same", True)


def test_one_run_each_cannot_tell_whether_a_counter_varies_unless_its_author_says_so() -> None:
    assert calls(counted(3), counted(4)).verdict == "too_few"
    assert calls(counted(3, 3, 3), counted(4, 4, 4)).verdict == "too_few"
    assert calls(counted(3, exact=True), counted(4, exact=True)).verdict == "worse"


def test_a_counter_that_varies_is_compared_by_its_mean() -> None:
    random = Random(5)

    def runs(low: int, high: int, count: int = 25) -> Baseline:
        return counted(*(random.randint(low, high) for _ in range(count)))

    assert calls(runs(1, 5), runs(1, 5)).verdict == "same"
    assert calls(runs(1, 5), runs(4, 8)).verdict == "worse"
    assert calls(runs(1, 5, 5), runs(10, 20, 5)).verdict == "too_few"


def test_what_was_not_counted_in_every_run_is_unknown() -> None:
    assert calls(counted(3, None), counted(3, 3)).verdict == "unknown"


def test_tests_that_only_one_side_has_are_named_and_not_compared() -> None:
    base = baseline_of([Measured(name="gone", durations_ns=[1]), Measured(name="both", durations_ns=[1])])
    head = baseline_of([Measured(name="both", durations_ns=[1]), Measured(name="new", durations_ns=[1])])
    found = compare_baselines([base], [head])
    assert ([one.name for one in found.operations], found.only_in_base, found.only_in_head) == (
        ["both"],
        ["gone"],
        ["new"],
    )


def test_a_folder_holds_a_file_for_each_process_and_is_read_as_one_baseline(tmp_path: Path) -> None:
    one, two = counted(1), counted(2)
    save_baseline(tmp_path, one, started_at="2026-11-22T09:00:00.000001Z", option="--output")
    save_baseline(tmp_path, two, started_at="2026-11-22T09:00:00.000002Z", option="--output")
    assert load_baselines(tmp_path) == [one, two]
    file = save_baseline(tmp_path / "one.json", one, started_at="", option="--output")
    assert load_baselines(file) == [one]


def test_what_is_no_baseline_is_told_with_what_makes_one(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[1]")
    for place in (tmp_path / "none.json", tmp_path / "other.json", tmp_path):
        with pytest.raises(InvalidInput, match="longpole bench --output"):
            load_baselines(place)
    (tmp_path / "other.json").unlink()
    with pytest.raises(InvalidInput, match=r"has no baseline.*Measure first"):
        load_baselines(tmp_path)
