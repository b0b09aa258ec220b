"""A series as a line of small bars, for a cell of a table or a line of text."""

from collections.abc import Sequence
from itertools import pairwise

_BARS = "▁▂▃▄▅▆▇█"
_GAP = "·"


def spark_line(values: Sequence[float | None], width: int = 30, *, from_zero: bool = False) -> str:
    """One bar for each value, or for the mean of a few where there are more than fit; unknown ones are a dot.

    The lowest bar is the least value (with `from_zero`: 0), the highest the largest. Equal values give equal bars.

    >>> spark_line([1, 2, 3, None, 8]), spark_line([5, 5, 5]), spark_line([])
    ('▁▂▃·█', '▄▄▄', '')
    """
    shown = [_mean(part) for part in _parts(values, width)]
    known = [value for value in shown if value is not None]
    if not known:
        return _GAP * len(shown)
    least, most = (0.0 if from_zero else min(known)), max(known)
    return "".join(_GAP if value is None else _bar(value, least, most) for value in shown)


def _parts(values: Sequence[float | None], width: int) -> list[Sequence[float | None]]:
    count = min(width, len(values))
    bounds = [len(values) * place // count for place in range(count + 1)] if count else [0]
    return [values[start:end] for start, end in pairwise(bounds)]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _bar(value: float, least: float, most: float) -> str:
    if most <= least:
        return _BARS[0] if most <= 0 else _BARS[3]
    return _BARS[round((value - least) / (most - least) * (len(_BARS) - 1))]
