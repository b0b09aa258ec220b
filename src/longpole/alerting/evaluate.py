"""Whether a rule fires: a pure decision on one number, how sure it is, and how things stood before.

What is unknown neither fires nor clears. A number that is an estimate (a share, a mean, a percentile) fires only where
its whole confidence interval is beyond the limit, so that a few unlucky executions are no alarm.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import ceil, sqrt

from msgspec import Struct
from msgspec.structs import replace

from longpole.alerting.rules import Rule
from longpole.model.alert import AlertLevel, AlertState
from longpole.model.buckets import bucket_duration_ns

Z = 2.576
"""Of the intervals: 99 % lie between. A rule is looked at thousands of times a day, 95 % would cry wolf."""


_TAIL = 0.005
_FEW = 20


class Sample(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one subject in one window.

    `value` is unknown where too little ran. It lies between `low` and `high` for sure; both are `value` where it is
    counted and not estimated. `ahead` is what a budget will have used by its end, at least (`ahead_low`) and expected.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0
    of: float | None = None
    ahead: float | None = None
    ahead_low: float | None = None
    ahead_high: float | None = None
    about: str = ""

    @classmethod
    def exact(cls, value: float, count: int) -> "Sample":
        """A number that is counted."""
        return cls(value=value, low=value, high=value, count=count)


UNKNOWN = Sample(value=None)


class Standing(Struct, frozen=True, kw_only=True, gc=False):
    """How a rule stands with one subject. Nothing is kept of one whose condition does not hold."""

    state: AlertState
    level: AlertLevel
    since_ns: int
    fired_ns: int | None = None
    quiet_ns: int | None = None
    cleared_ns: int | None = None
    value: float | None = None
    worst: float | None = None


def decide(rule: Rule, sample: Sample, before: Standing | None, now_ns: int) -> Standing | None:
    """How the rule stands after this sample; nothing where its condition does not hold and nothing fired.

    A cleared standing is given once: whoever keeps it begins anew with `None`.
    """
    level = _level_of(rule, sample)
    if before is None or before.state == AlertState.CLEARED:
        if level is None:
            return None
        before = Standing(state=AlertState.PENDING, level=level, since_ns=now_ns)
    if before.state == AlertState.PENDING:
        return None if level is None else _held(rule, sample, before, level, now_ns)
    worst = _worse(rule, before.worst, sample.value)
    if level is not None:
        raised = level if level == AlertLevel.CRITICAL else before.level
        return replace(before, level=raised, quiet_ns=None, value=sample.value, worst=worst)
    if not _is_over(rule, sample):
        return replace(before, quiet_ns=None, value=sample.value, worst=worst)
    quiet_ns = now_ns if before.quiet_ns is None else before.quiet_ns
    wait_ns = rule.clears_ns if sample.value is not None else max(rule.clears_ns, rule.window_ns)
    if now_ns - quiet_ns < wait_ns:
        return replace(before, quiet_ns=quiet_ns, value=sample.value)
    return replace(before, state=AlertState.CLEARED, quiet_ns=quiet_ns, cleared_ns=now_ns, value=sample.value)


def _held(rule: Rule, sample: Sample, before: Standing, level: AlertLevel, now_ns: int) -> Standing:
    """A condition that holds now: it fires when it has held long enough."""
    worst = _worse(rule, before.worst, sample.value)
    if now_ns - before.since_ns < rule.hold_ns:
        return replace(before, level=level, value=sample.value, worst=worst)
    return replace(
        before, state=AlertState.FIRING, level=level, fired_ns=now_ns, value=sample.value, worst=worst, quiet_ns=None
    )


def _level_of(rule: Rule, sample: Sample) -> AlertLevel | None:
    """How bad a sample is; nothing where it is within the limit, unknown, or may be within it by chance."""
    if sample.value is None or sample.low is None or sample.high is None:
        return None
    if rule.kind == "budget":
        if sample.value >= rule.limit:
            return AlertLevel.CRITICAL
        is_ahead = sample.ahead_low is not None and sample.ahead_low > rule.limit
        return AlertLevel.WARNING if sample.value >= rule.limit * rule.warn_share or is_ahead else None
    is_beyond = sample.high < rule.limit if rule.is_below else sample.low > rule.limit
    if rule.kind == "absence":
        is_beyond = sample.value >= rule.limit
    return AlertLevel.CRITICAL if is_beyond else None


def _is_over(rule: Rule, sample: Sample) -> bool:
    """Whether a sample no longer speaks for the alert: it is back on the safe side, or nothing is known any more."""
    if sample.value is None:
        return True
    if rule.kind == "budget":
        return sample.value < rule.clears_at and (sample.ahead is None or sample.ahead < rule.limit)
    return sample.value >= rule.clears_at if rule.is_below else sample.value <= rule.clears_at


def _worse(rule: Rule, one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other) if rule.is_below else max(one, other)


def share_sample(part: float, whole: float, squares: float, count: int) -> Sample:
    """A share of weighted executions, with its interval at their effective number (Kish).

    >>> sample = share_sample(2, 20, 20, 20)
    >>> sample.value, round(sample.low, 3), round(sample.high, 3)
    (0.1, 0.005, 0.387)
    """
    if whole <= 0 or squares <= 0:
        return replace(UNKNOWN, count=count)
    size, share = whole * whole / squares, min(1.0, part / whole)
    low, high = (
        _least_share(round(share * size, 3), round(size, 3)),
        _least_share(round((1 - share) * size, 3), round(size, 3)),
    )
    return Sample(value=share, low=low, high=1 - high, count=count, of=whole)


@lru_cache(maxsize=20_000)
def _least_share(hits: float, size: float) -> float:
    """The share at which so many hits of `size` would be seen once in 200 times.

    Exact (Clopper and Pearson 1934) for a few hits, where Wilson's interval calls one of five more than 1 % for sure;
    for many Wilson's with continuity correction (Newcombe 1998).
    """
    if hits <= 0:
        return 0.0
    if hits > _FEW:
        share, square = hits / size, Z * Z
        root = sqrt(max(0.0, square - 2 - 1 / size + 4 * share * (size * (1 - share) + 1)))
        return max(0.0, (2 * hits + square - 1 - Z * root) / (2 * (size + square)))
    low, high = 0.0, hits / size
    for _ in range(30):
        middle = (low + high) / 2
        if _chance(ceil(hits), size, middle) < _TAIL:
            low = middle
        else:
            high = middle
    return low


def _chance(hits: int, size: float, share: float) -> float:
    """The chance of so many hits or more."""
    if share >= 1:
        return 1.0
    term = total = (1 - share) ** size
    for place in range(1, hits):
        term *= (size - place + 1) / place * share / (1 - share)
        total += max(0.0, term)
    return 1 - total


def mean_sample(total: float, squares: float, weight: float, weight_squares: float, count: int) -> Sample:
    """A weighted mean with its normal interval."""
    if weight <= 0 or weight_squares <= 0:
        return replace(UNKNOWN, count=count)
    mean = total / weight
    size = weight * weight / weight_squares
    half = Z * sqrt(max(0.0, squares / weight - mean * mean) / max(size - 1, 1e-9)) if size > 1 else mean
    return Sample(value=mean, low=max(0.0, mean - half), high=mean + half, count=count, of=weight)


def quantile_sample(histogram: Mapping[int, float], squares: float, count: int, share: float) -> Sample:
    """A percentile of durations, with the interval of order statistics: those whose rank it may be.

    Within 1 % as buckets are.
    """
    whole = sum(histogram.values())
    if whole <= 0 or squares <= 0:
        return replace(UNKNOWN, count=count)
    half = Z * sqrt(share * (1 - share) * squares) / whole
    low, value, high = _at_ranks(histogram, [whole * place for place in (share - half, share, share + half)])
    # Where the rank may lie beyond the last one, nothing bounds it from above.
    return Sample(value=value, low=low, high=high if share + half < 1 else float("inf"), count=count, of=whole)


def _at_ranks(histogram: Mapping[int, float], ranks: Sequence[float]) -> list[float]:
    """The durations at ascending ranks; behind the last rank there is, the largest."""
    passed, bucket, found = 0.0, 0, list[float]()
    for bucket in sorted(histogram):
        passed += histogram[bucket]
        while len(found) < len(ranks) and passed >= ranks[len(found)] * (1 - 1e-12):
            found.append(bucket_duration_ns(bucket))
        if len(found) == len(ranks):
            return found
    return [*found, *[bucket_duration_ns(bucket)] * (len(ranks) - len(found))]
