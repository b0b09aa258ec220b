"""Two baselines held against each other: what got slower, faster or costlier for certain, and what cannot be told.

Runs in one process are alike: the machine is busy or not for all of them. So durations are compared by their scatter
between *processes* (Student's test of the means of their logarithms), from 20 runs on each side and four processes of
the baseline on. `bench/baseline_noise.py` prints what it is worth: taken as independent, the runs of two processes were
called different in a third of all pairs on a busy machine on which nothing had changed.

A counter that is the same in all runs of a side is compared exactly, as soon as chance cannot have made it look so:
where a run in `p` of all cases told the one value and else the other, runs of both sides would be told apart like this
with the probability `p^a (1-p)^b + p^b (1-p)^a`, of which the largest for any `p` must be below 1 %: four runs on both
sides. Who says that it is exact (`longpole_budget(exact=True)`) has it compared from the first run. A counter that
varies is compared by its mean, from 20 runs on each side on.

Of many figures asked at once at most 1 % of those called different are none, by Benjamini and Hochberg's rule.
"""

from collections.abc import Iterable, Sequence
from math import erfc, exp, log, sqrt
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from longpole.analysis.significance import LEAST, LEAST_CELLS, compare_values, corrected
from longpole.analysis.two_samples import Difference, Sums, Z, compare_means
from longpole.testing.baseline import Baseline, Counters, Environment, Measured

Measure = Literal["duration_ns", "model_calls", "tool_calls", "input_tokens", "output_tokens", "cost_usd_nanos"]
Verdict = Literal["worse", "better", "same", "too_few", "unknown", "elsewhere"]
COUNTERS: tuple[Measure, ...] = ("model_calls", "tool_calls", "input_tokens", "output_tokens", "cost_usd_nanos")
FEWEST_RUNS, FEWEST_PROCESSES = LEAST, LEAST_CELLS
"""Of fewer runs on a side, or processes of the baseline, nothing is said about durations."""

_LIMIT = 0.01
_STEPS = 400  # of the worst case: enough for three figures


class MeasureChange(Struct, frozen=True, kw_only=True):
    """How one figure of a test changed: of counters the mean of a run, of durations the
    geometric mean in nanoseconds, each process counting once.

    `low` and `high` are the 95 % interval of the change, `None` where there is none: of exact counters, and of too few
    runs. `chance` is how likely it is without any cause; `None` where nothing could be asked. `elsewhere`: durations of
    different machines, which are told and not judged.
    """

    measure: Measure
    base: float | None
    head: float | None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    base_runs: int
    head_runs: int
    base_processes: int = 1
    head_processes: int = 1
    is_exact: bool = False
    chance: float | None = None
    verdict: Verdict


class OperationChange(Struct, frozen=True, kw_only=True):
    """Everything that is compared of one operation or test."""

    name: str
    changes: list[MeasureChange]


class BaselineChange(Struct, frozen=True, kw_only=True):
    """Two baselines compared. `differing` names what is different about the machines: durations are not judged then."""

    has_regressed: bool
    differing: list[str]
    operations: list[OperationChange]
    only_in_base: list[str]
    only_in_head: list[str]

    def told(self, verdict: Verdict) -> list[tuple[str, MeasureChange]]:
        """Names and figures with this verdict, in order."""
        return [(test.name, one) for test in self.operations for one in test.changes if one.verdict == verdict]


def compare_baselines(base: Sequence[Baseline], head: Sequence[Baseline]) -> BaselineChange:
    """What changed from `base` to `head`, of what both have. Each side has one baseline or more, one per process.

    Cost: about 1 ms a test.
    """
    before, after = _by_name(base), _by_name(head)
    pairs = [(before[name], after[name]) for name in after if name in before]
    durations = [_compare_durations(a, b) for a, b in pairs]
    counters = [_compare_counters(_together(a), _together(b)) for a, b in pairs]
    judged = iter(_judge_all([*durations, *(one for each in counters for one in each)]))
    durations = [next(judged) for _ in durations]
    differing = _differing([one.environment for one in (*base, *head)])
    if differing:
        durations = [replace(one, verdict="elsewhere") for one in durations]
    operations = [
        OperationChange(name=b[0].name, changes=[duration, *(next(judged) for _ in each)])
        for (_, b), duration, each in zip(pairs, durations, counters, strict=True)
    ]
    return BaselineChange(
        has_regressed=any(one.verdict == "worse" for each in operations for one in each.changes),
        differing=differing,
        operations=operations,
        only_in_base=[name for name in before if name not in after],
        only_in_head=[name for name in after if name not in before],
    )


def _by_name(baselines: Iterable[Baseline]) -> dict[str, list[Measured]]:
    """Every operation, with one entry for each process that measured it."""
    found: dict[str, list[Measured]] = {}
    for baseline in baselines:
        for one in baseline.operations:
            if one.durations_ns:
                found.setdefault(one.name, []).append(one)
    return found


def _together(processes: Sequence[Measured]) -> Measured:
    """The runs of all processes as if they were of one."""
    told = [one.spent for one in processes if one.spent is not None]
    spent = Counters(**{name: [value for each in told for value in _values(each, name)] for name in COUNTERS})
    return Measured(
        name=processes[0].name,
        durations_ns=[duration for one in processes for duration in one.durations_ns],
        spent=spent if len(told) == len(processes) else None,
        exact=all(one.exact for one in processes),
    )


def _differing(environments: Sequence[Environment]) -> list[str]:
    """What of machines and interpreters is different and changes how long things take."""
    found: list[str] = []
    for name in ("machine", "cpus", "implementation", "python"):
        values = [environment.get(name) for environment in environments]
        if name == "python":
            values = [".".join(str(value).split(".")[:2]) for value in values]
        if len(set(values)) > 1:
            found.append(f"{name} {' and '.join(str(value) for value in dict.fromkeys(values))}")
    return found


def _judge_all(changes: Sequence[MeasureChange]) -> list[MeasureChange]:
    """Those that chance would hardly explain are worse or better, if they are among so many asked at once."""
    asked = [place for place, one in enumerate(changes) if one.verdict == "same" and one.chance is not None]
    chances = corrected([changes[place].chance or 0.0 for place in asked])
    certain = {place for place, chance in zip(asked, chances, strict=True) if chance <= _LIMIT}
    return [replace(one, verdict=_direction(one)) if place in certain else one for place, one in enumerate(changes)]


def _direction(change: MeasureChange) -> Verdict:
    return "worse" if (change.change or 0) > 0 else "better"


def _compare_durations(base: Sequence[Measured], head: Sequence[Measured]) -> MeasureChange:
    theirs, ours = [_mean_log(one.durations_ns) for one in base], [_mean_log(one.durations_ns) for one in head]
    a, b = exp(sum(theirs) / len(theirs)), exp(sum(ours) / len(ours))
    change = MeasureChange(
        measure="duration_ns",
        base=a,
        head=b,
        change=b - a,
        base_runs=sum(len(one.durations_ns) for one in base),
        head_runs=sum(len(one.durations_ns) for one in head),
        base_processes=len(base),
        head_processes=len(head),
        verdict="too_few",
    )
    found = compare_values(ours, theirs)
    if found is None or min(change.base_runs, change.head_runs) < FEWEST_RUNS:
        return change
    low, high = (a * (exp(end) - 1) for end in (found.low, found.high))
    return replace(change, low=low, high=high, chance=found.p_value, verdict="same")


def _mean_log(durations_ns: Sequence[int]) -> float:
    """Of logarithms: a process that is twice as busy makes everything twice as long."""
    return sum(log(max(1, duration)) for duration in durations_ns) / len(durations_ns)


def _compare_counters(base: Measured, head: Measured) -> list[MeasureChange]:
    """Every counter that both sides have; of benchmarks none."""
    if base.spent is None or head.spent is None:
        return []
    is_told = base.exact and head.exact
    found = [
        _compare_counter(name, _values(base.spent, name), _values(head.spent, name), is_told=is_told)
        for name in COUNTERS
    ]
    return [one for one in found if one.base_runs and one.head_runs]


def _values(spent: Counters, name: Measure) -> list[int | None]:
    return getattr(spent, name)


def _compare_counter(
    name: Measure, base: Sequence[int | None], head: Sequence[int | None], *, is_told: bool
) -> MeasureChange:
    a, b = [value for value in base if value is not None], [value for value in head if value is not None]
    if len(a) < len(base) or len(b) < len(head) or not a or not b:
        return MeasureChange(
            measure=name, base=None, head=None, base_runs=len(base), head_runs=len(head), verdict="unknown"
        )
    change = MeasureChange(
        measure=name,
        base=sum(a) / len(a),
        head=sum(b) / len(b),
        change=sum(b) / len(b) - sum(a) / len(a),
        base_runs=len(a),
        head_runs=len(b),
        verdict="same",
    )
    if len(set(a)) == len(set(b)) == 1:
        return _of_constants(change, a[0], b[0], is_told=is_told)
    return _of_means(change, a, b)


def _of_constants(change: MeasureChange, a: int, b: int, *, is_told: bool) -> MeasureChange:
    """Exact, if it is known to be so."""
    if a == b:
        return replace(change, is_exact=True)
    chance = None if is_told else _chance_of_constants(change.base_runs, change.head_runs)
    if chance is not None and chance > _LIMIT:
        return replace(change, verdict="too_few")
    return replace(change, is_exact=True, chance=chance, verdict=_direction(change))


def _chance_of_constants(a: int, b: int) -> float:
    """How likely, at the most, a counter that varies by itself is one value in all of `a` runs and another in `b`."""
    shares = (step / _STEPS for step in range(1, _STEPS))
    return max(p**a * (1 - p) ** b + p**b * (1 - p) ** a for p in shares)


def _of_means(change: MeasureChange, a: Sequence[int], b: Sequence[int]) -> MeasureChange:
    found = compare_means(_sums(a), _sums(b))
    if found.change is None:
        return replace(change, verdict="too_few")
    return replace(change, low=found.low, high=found.high, chance=_chance_of_means(found))


def _chance_of_means(found: Difference) -> float:
    """How likely means differ by so much by chance alone, by the normal distribution of their interval."""
    if not found.change or found.low is None or found.high is None or found.high <= found.low:
        return 1.0
    return erfc(abs(found.change) / ((found.high - found.low) / 2 / Z) / sqrt(2))


def _sums(values: Sequence[int]) -> Sums:
    return Sums(len(values), len(values), len(values), sum(values), sum(value * value for value in values))
