"""Which steps made an agent slower, and whether there were more of them or each took longer."""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from statistics import fmean, variance

from msgspec import Struct

_CLEAR = 3.0  # standard errors


class Usual(Struct, frozen=True):
    """What a step is in an execution of its agent, on average: how often it is called, and how long a call takes."""

    calls: float
    mean_ns: float


class Contribution(Struct, frozen=True, kw_only=True):
    """How far more calls and slower calls of a step lengthened an execution of its agent; negative: shortened it."""

    operation: str
    before: Usual
    after: Usual
    more_calls_ns: float
    slower_calls_ns: float

    @property
    def total_ns(self) -> float:
        """Both together: the difference of calls times mean."""
        return self.more_calls_ns + self.slower_calls_ns


def split_change(operation: str, before: Usual, after: Usual) -> Contribution:
    """The change of calls times mean, split into what more calls made and what slower calls made.

    Each factor counts at the middle of the other, which is Shapley's value for a product of two: the order in which
    they changed does not matter, and the parts add up. A step that was not called before, or is not any more, took as
    long a call then as it does where it is known.

    >>> one = split_change("search", Usual(2.0, 100.0), Usual(3.0, 200.0))
    >>> one.more_calls_ns, one.slower_calls_ns, one.total_ns
    (150.0, 250.0, 400.0)
    """
    first = before.mean_ns if before.calls else after.mean_ns
    last = after.mean_ns if after.calls else before.mean_ns
    return Contribution(
        operation=operation,
        before=before,
        after=after,
        more_calls_ns=(after.calls - before.calls) * (first + last) / 2,
        slower_calls_ns=(last - first) * (before.calls + after.calls) / 2,
    )


def split_changes(before: Mapping[str, Usual], after: Mapping[str, Usual]) -> list[Contribution]:
    """Every step of an agent, those with the largest change of time first."""
    nothing = Usual(0.0, 0.0)
    names: Iterable[str] = sorted({*before, *after})
    found = [split_change(name, before.get(name, nothing), after.get(name, nothing)) for name in names]
    return sorted(found, key=lambda one: (-abs(one.total_ns), one.operation))


def is_clear(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether two sets of values, such as of days, differ in their mean by more than three standard errors (Welch).

    >>> is_clear([100, 102, 98], [120, 121, 119]), is_clear([100, 140, 60], [120, 160, 80])
    (True, False)
    """
    if min(len(before), len(after)) < 2:
        return False
    error = sqrt(variance(before) / len(before) + variance(after) / len(after))
    return abs(fmean(after) - fmean(before)) > _CLEAR * error
