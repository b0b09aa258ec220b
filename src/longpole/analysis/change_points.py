"""Where a series changed for good: the points at which its level moved, with how far and how surely.

Made for what operations give: a value a day or an hour, some missing, some far off, with a weekly rhythm and days that
resemble the day before. Nothing is tuned to one series. Every series goes through the same steps:

1. The rhythm (of seven days, say) is taken out where a Kruskal-Wallis test at 1 % finds one.
2. Single points beyond three robust deviations of their neighbours' median are drawn in (Hampel's identifier): a spike
   is no change.
3. Optimal partitioning (Jackson and others 2005, the exact search that PELT prunes) cuts the series into levels at the
   least sum of squares plus a BIC penalty for each cut.
4. Cuts are tested, and the weakest goes until all pass: a t-test between the two neighbouring segments whose
   variance is inflated by (1 + rho) / (1 - rho) for the autocorrelation rho of the residuals, which is corrected for
   its bias (Marriott and Pope 1954) and taken 1.5 standard errors high, but not above the share of the variance that
   sampling from few does not explain. The p-value counts for every place where the
   cut could have been, and more for a short segment, which fits into more places.
5. Where the residuals of the levels still hang together, the same with straight lines instead of levels; it counts
   where its BIC is better by ten ("very strong", Kass and Raftery 1995). A series that grows steadily has no change.

`docs/reference/accuracy.md` has how often it is right, and `bench/regressions.py` prints that.
"""

from collections.abc import Sequence
from math import erfc, exp, log, log1p, sqrt
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

LEAST_POINTS = 8
"""A shorter series has no changes: there is too little to tell."""

LEAST_SEGMENT = 3
"""Points that a level holds at least; what lasts shorter is an outlier."""

LARGEST_P = 0.003
_PERIODS = 3  # that a series must cover before its rhythm is believed
_RHYTHM_P = 0.01
_NEIGHBOURS = 3  # on each side
_FAR = 3.0  # robust standard deviations
_RHO_ERRORS = 1.5
_LARGEST_RHO = 0.8  # a series beyond that wanders: its level does change
_WHITE = 2.0  # standard errors of a correlation that is none
_VERY_STRONG = 10.0  # difference of BIC
_DROP_95 = 3.66  # (1 - exp(-x)) ** 2 = 0.95: Siegmund 1986
_MAD = 1.4826  # a standard deviation in median absolute deviations

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class Change(Struct, frozen=True, kw_only=True):
    """A place where a series changed.

    `index` is the first point of the new level; it lies between `earliest` and `latest`, both included, with 95 %
    confidence. `before` and `after` are the means of the segments on its two sides, in the unit of the series, without
    outliers and rhythm; `noise` is the standard deviation of a point around its level. `p` is the chance to find so
    clear a change somewhere in a series that has none.
    """

    index: int
    earliest: int
    latest: int
    before: float
    after: float
    noise: float
    p: float

    @property
    def effect(self) -> float:
        """By how many standard deviations of a point the level moved; negative when it fell."""
        return (self.after - self.before) / self.noise if self.noise else 0.0


def find_changes(
    values: Sequence[float | None] | Floats, *, period: int | None = None, least_noise: float = 0.0
) -> list[Change]:
    """The changes of one series, in their order; see `find_all_changes`.

    >>> [change.index for change in find_changes([10, 11, 10, 9, 10, 11, 10, 15, 16, 15, 14, 15, 16, 15])]
    [7]
    """
    row = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return find_all_changes(row[np.newaxis], period=period, least_noise=[least_noise])[0]


def find_all_changes(
    series: ArrayLike, *, period: int | None = None, least_noise: ArrayLike = 0.0
) -> list[list[Change]]:
    """The changes of many series over the same points in time.

    Args:
        series: one row for each; NaN where a point is missing. What grows in proportion (durations, money) should come
            as logarithms: a change is a difference between levels.
        period: points of one rhythm, such as 7 for days; without it none is looked for.
        least_noise: for each series, the standard deviation that a point has at least, because it was sampled from
            few; it keeps a run of equal values from making every other one a change.

    Returns:
        For each series its changes in order. Of 1,000 series of 60 points that only make noise, 3 to 8 have any.
        Costs 0.1 to 0.5 ms a series of 60 points where there are many, and grows with the square of the points.
    """
    rows = np.array(series, dtype=np.float64, ndmin=2)
    found: list[list[Change]] = [[] for _ in rows]
    known = ~np.isnan(rows)
    floors = np.broadcast_to(np.asarray(least_noise, dtype=np.float64), len(rows))
    usable = np.flatnonzero(known.sum(axis=1) >= LEAST_POINTS)
    usable = usable[np.nanmax(rows[usable], axis=1) > np.nanmin(rows[usable], axis=1)] if len(usable) else usable
    if not len(usable):
        return found
    known, floors = known[usable], floors[usable]
    clean, places = _closed_up(_without_rhythm(_filled(rows[usable], known), known, period), known)
    known = places >= 0
    clean = _without_outliers(clean)
    noise = np.maximum(_step_noise(clean, known), floors)
    levels = _explained(clean, known, noise, floors, degree=0)
    doubtful = np.array([place for place, one in levels.items() if one.is_correlated], dtype=np.intp)
    if len(doubtful):
        lines = _explained(clean[doubtful], known[doubtful], noise[doubtful], floors[doubtful], degree=1)
        for line, place in enumerate(doubtful):
            if lines[line].bic < levels[place].bic - _VERY_STRONG:
                levels[place] = lines[line]
    for place, one in levels.items():
        found[usable[place]] = one.changes(places[place])
    return found


def _filled(rows: Floats, known: NDArray[np.bool_]) -> Floats:
    """The rows with missing points as the last known one before, or the first; they count for nothing later."""
    length = rows.shape[1]
    last = np.maximum.accumulate(np.where(known, np.arange(length), -1), axis=1)
    first = known.argmax(axis=1)[:, np.newaxis]
    return np.take_along_axis(rows, np.where(last < 0, first, last), axis=1)


def _closed_up(rows: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Places]:
    """The rows with their known points side by side, then their mirror image; and where each was, -1 in the image."""
    places = np.argsort(~known, axis=1, kind="stable")
    counts = known.sum(axis=1)[:, np.newaxis]
    order = np.arange(rows.shape[1])
    mirrored = np.maximum(np.where(order < counts, order, 2 * (counts - 1) - order), 0)
    kept = np.take_along_axis(places, mirrored, axis=1)
    return np.take_along_axis(rows, kept, axis=1), np.where(order < counts, places, -1)


def _without_rhythm(rows: Floats, known: NDArray[np.bool_], period: int | None) -> Floats:
    """The rows less the median deviation of each phase from the running median of a period, where phases differ."""
    length = rows.shape[1]
    if period is None or period < 2 or length < _PERIODS * period:
        return rows
    side = period // 2
    middle = np.median(sliding_window_view(rows, 2 * side + 1, axis=1), axis=-1)
    counted = known[:, side : length - side]
    deviations = np.where(counted, rows[:, side : length - side] - middle, 0.0)
    phases = np.arange(side, length - side) % period
    ranks = deviations.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") + 1.0
    means, h = np.zeros((len(rows), period)), np.zeros(len(rows))
    points = deviations.shape[1]
    for phase in range(period):
        here = phases == phase
        values = np.where(counted[:, here], deviations[:, here], np.nan)
        means[:, phase] = np.where(counted[:, here].any(axis=1), _median(values), 0.0)
        h += here.sum() * (ranks[:, here].mean(axis=1) - (points + 1) / 2) ** 2
    h *= 12 / (points * (points + 1))
    means -= means.mean(axis=1, keepdims=True)
    means[h < _chi_square_bound(period - 1)] = 0.0
    return rows - means[:, np.arange(length) % period]


def _median(values: Floats) -> Floats:
    """The median of each row's numbers; of a row without any it is nothing of use."""
    ordered = np.sort(values, axis=1)  # NaN come last
    counts = np.maximum((~np.isnan(values)).sum(axis=1), 1)
    rows = np.arange(len(values))
    return (ordered[rows, (counts - 1) // 2] + ordered[rows, counts // 2]) / 2


def _chi_square_bound(degrees: int) -> float:
    """What a chi-square variable exceeds with probability `_RHYTHM_P` (Wilson and Hilferty 1931)."""
    z = 2.326
    return degrees * (1 - 2 / (9 * degrees) + z * sqrt(2 / (9 * degrees))) ** 3


def _without_outliers(rows: Floats) -> Floats:
    """The rows with points that are far from the median of their neighbours drawn in to the bound."""
    window = 2 * _NEIGHBOURS + 1
    padded = np.pad(rows, ((0, 0), (_NEIGHBOURS, _NEIGHBOURS)), mode="reflect")
    middle = np.median(sliding_window_view(padded, window, axis=1), axis=-1)
    apart = rows - middle
    bound = _FAR * _deviation(apart - np.median(apart, axis=1, keepdims=True))[:, np.newaxis]
    return middle + np.clip(apart, -bound, bound)


def _deviation(apart: Floats) -> Floats:
    """A robust standard deviation of each row around 0; from the mean where most are equal."""
    size = np.abs(apart)
    robust = _MAD * np.median(size, axis=1)
    return np.where(robust > 0, robust, 1.2533 * size.mean(axis=1))


def _step_noise(rows: Floats, known: NDArray[np.bool_]) -> Floats:
    """The noise of a point, from differences of neighbours, which no change of level disturbs."""
    steps = np.where(known[:, 1:] & known[:, :-1], np.diff(rows, axis=1), np.nan)
    centre = np.nan_to_num(_median(steps))[:, np.newaxis]
    robust = _MAD * np.nan_to_num(_median(np.abs(steps - centre))) / sqrt(2)
    least = 1e-6 * (rows.max(axis=1) - rows.min(axis=1)) + 1e-300
    rough = 1.2533 * np.nan_to_num(np.abs(steps)).mean(axis=1) / sqrt(2)
    return np.maximum(np.where(robust > 0, robust, rough), least)


class _Sums:
    """Running sums over series, from which the squared error of a level or a line over any stretch follows."""

    def __init__(self, rows: Floats, known: NDArray[np.bool_], degree: int) -> None:
        self.degree = degree
        self.count = _running(known.astype(np.float64))
        centred = np.where(known, rows - rows.mean(axis=1, keepdims=True), 0.0)
        time = np.where(known, np.arange(rows.shape[1]) / rows.shape[1], 0.0)
        self._y, self._yy = _running(centred), _running(centred**2)
        if degree:
            self._t, self._tt, self._ty = _running(time), _running(time**2), _running(time * centred)

    def error(self, row: Any, start: Any, end: Any) -> Floats:
        """The sum of squares around the best level or line over the points from `start` to before `end`."""

        def over(sums: Floats) -> Floats:
            return sums[row, end] - sums[row, start]

        count = np.maximum(over(self.count), 1.0)
        y = over(self._y)
        error = over(self._yy) - y * y / count
        if self.degree:
            t = over(self._t)
            spread = over(self._tt) - t * t / count
            common = over(self._ty) - t * y / count
            error = error - np.where(spread > 1e-12, common**2 / np.maximum(spread, 1e-12), 0.0)
        return np.maximum(error, 0.0)


def _running(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _partition(sums: _Sums, penalty: Floats) -> Places:
    """For every series and end, where the last segment of the best cut into segments begins."""
    count = sums.count
    series, length = count.shape[0], count.shape[1] - 1
    least = LEAST_SEGMENT + sums.degree
    best = np.full((series, length + 1), np.inf)
    best[:, 0] = -penalty
    begins = np.zeros((series, length + 1), dtype=np.intp)
    every = slice(None)
    for end in range(1, length + 1):
        whole = best[:, :end] + sums.error(every, slice(0, end), slice(end, end + 1)) + penalty[:, np.newaxis]
        whole[count[:, end : end + 1] - count[:, :end] < least] = np.inf
        begins[:, end] = whole.argmin(axis=1)
        best[:, end] = whole[np.arange(series), begins[:, end]]
    return begins


def _cuts(begins: Places) -> list[int]:
    """The cuts of one series, in order, from where the last segment of every end begins."""
    cuts: list[int] = []
    end = len(begins) - 1
    while begins[end] > 0:
        end = int(begins[end])
        cuts.append(end)
    return cuts[::-1]


def _explained(
    rows: Floats, known: NDArray[np.bool_], noise: Floats, floors: Floats, *, degree: int
) -> "dict[int, _Explanation]":
    """By place, the series with those cuts into levels (degree 0) or lines (degree 1) that are significant.

    Series that need no second look are left out: one level explains them, and nothing hangs together around it.
    """
    sums = _Sums(rows, known, degree)
    begins = _partition(sums, noise**2 * (2 + degree) * np.log(known.sum(axis=1)))
    looked_at = np.flatnonzero((begins[:, -1] > 0) | (degree > 0) | _may_hang_together(rows, known))
    return {
        int(place): _significant(
            _Explanation(sums, place, rows[place], known[place], float(floors[place]), _cuts(begins[place]))
        )
        for place in looked_at
    }


def _may_hang_together(rows: Floats, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For every series whether the residuals around its mean are correlated, as `_Explanation` tells it of one."""
    counts = known.sum(axis=1)
    means = np.where(known, rows, 0.0).sum(axis=1) / counts
    rest = np.where(known, rows - means[:, np.newaxis], 0.0)
    rho = (rest[:, 1:] * rest[:, :-1]).sum(axis=1) / np.maximum((rest**2).sum(axis=1), 1e-300)
    return rho + (1 + 3 * np.maximum(rho, 0.0)) / counts > _WHITE / np.sqrt(counts)


class _Explanation:
    """One series, cut into segments: how much noise is left, how it hangs together, and how sure each cut is."""

    def __init__(
        self, sums: _Sums, place: int | np.intp, row: Floats, known: NDArray[np.bool_], floor: float, cuts: list[int]
    ) -> None:
        self._sums, self._place, self._row, self._known, self._floor = sums, place, row, known, floor
        self.cuts = cuts
        self._bounds = [0, *cuts, len(row)]
        count = int(known.sum())
        parameters = (len(cuts) + 1) * (sums.degree + 1)
        self._count, self._freedom = count, max(1, count - parameters)
        residuals = self._residuals()
        scatter = float(residuals @ residuals) / self._freedom
        self.variance = max(scatter, floor**2, 1e-300)
        rho = _autocorrelation(residuals, self._joined(), parameters)
        self.is_correlated = rho > _WHITE / sqrt(count)
        most = _most_correlated(scatter, floor, self._freedom)
        self._inflation = _inflation(min(rho + _RHO_ERRORS / sqrt(count), most))
        left = residuals[1:] - min(max(rho, 0.0), _LARGEST_RHO) * residuals[:-1]
        self.bic = count * log(max(float(left @ left) / count, 1e-300)) + log(count) * (parameters + len(cuts))
        self.p_values = [self._p_value(number) for number in range(len(cuts))]

    def without(self, number: int) -> "_Explanation":
        """The same with one cut less."""
        cuts = self.cuts[:number] + self.cuts[number + 1 :]
        return _Explanation(self._sums, self._place, self._row, self._known, self._floor, cuts)

    def changes(self, points: Places) -> list[Change]:
        """The cuts as people are told of them; `points` has where each value was in the series."""
        means = [
            float(self._row[start:end][self._known[start:end]].mean())
            for start, end in zip(self._bounds, self._bounds[1:], strict=False)
        ]
        found: list[Change] = []
        for number, cut in enumerate(self.cuts):
            earliest, latest = self._interval(number)
            change = Change(
                index=int(points[cut]),
                earliest=int(points[earliest]),
                latest=int(points[latest]),
                before=means[number],
                after=means[number + 1],
                noise=sqrt(self.variance),
                p=self.p_values[number],
            )
            found.append(change)
        return found

    def _residuals(self) -> Floats:
        """What levels or lines leave of the known points."""
        parts: list[Floats] = []
        for start, end in zip(self._bounds, self._bounds[1:], strict=False):
            values = self._row[start:end][self._known[start:end]]
            rest = values - values.mean()
            if self._sums.degree:
                times = np.flatnonzero(self._known[start:end]).astype(np.float64)
                times -= times.mean()
                rest = rest - times * ((times @ rest) / max(float(times @ times), 1e-300))
            parts.append(rest)
        return np.concatenate(parts)

    def _joined(self) -> NDArray[np.bool_]:
        """For every pair of following residuals whether they belong to one segment."""
        kept = self._known.nonzero()[0]
        segments = np.searchsorted(np.array(self.cuts, dtype=np.intp), kept, side="right")
        return segments[1:] == segments[:-1]

    def _gain(self, start: int, cut: Any, end: int) -> Floats:
        """By how much a cut lessens the sum of squares."""
        error, place = self._sums.error, self._place
        return error(place, start, end) - error(place, start, cut) - error(place, cut, end)

    def _p_value(self, number: int) -> float:
        """Bonferroni's bound; above 1 it still tells which cut is the weakest."""
        start, cut, end = self._bounds[number : number + 3]
        f = float(self._gain(start, cut, end)) / self.variance / self._inflation
        count = self._sums.count[self._place]
        shortest = min(count[cut] - count[start], count[end] - count[cut])
        places = self._count * (self._count / (2 * shortest))
        tail = _t_tail(sqrt(max(f, 0.0)), self._freedom)
        if self._sums.degree:  # a line has two parameters more: F with 2 degrees of freedom
            tail = exp(-self._freedom / 2 * log1p(max(f, 0.0) / self._freedom))
        return float(tail * places)

    def _interval(self, number: int) -> tuple[int, int]:
        """The places at which the likelihood of the cut is not less by more than 95 % confidence allows."""
        start, cut, end = self._bounds[number : number + 3]
        others = np.arange(start + 1, min(end, self._count))
        gains = self._gain(start, others, end)
        bound = float(self._gain(start, cut, end)) - 2 * _DROP_95 * self.variance * self._inflation
        near = others[gains >= bound]
        return min(cut, int(near.min())), max(cut, int(near.max()))


def _significant(whole: _Explanation) -> _Explanation:
    """The explanation without its weakest cuts, one after the other, until all that are left are significant."""
    while whole.cuts and max(whole.p_values) > LARGEST_P:
        whole = whole.without(whole.p_values.index(max(whole.p_values)))
    return whole


def _autocorrelation(residuals: Floats, joined: NDArray[np.bool_], parameters: int) -> float:
    """The correlation of a residual with the one before, corrected for what estimating the segments takes from it."""
    size = float(residuals @ residuals)
    if size <= 0:
        return 0.0
    rho = float((residuals[1:] * residuals[:-1])[joined].sum()) / size
    return rho + (1 + 3 * max(rho, 0.0)) * parameters / len(residuals)


def _most_correlated(scatter: float, floor: float, freedom: int) -> float:
    """The most that points can resemble those before: what sampling makes of them is independent, only the rest is not.

    The scatter is taken high by as many standard errors as the correlation.
    """
    high = scatter * (1 + _RHO_ERRORS * sqrt(2 / freedom))
    return max(high - floor**2, 0.0) / high if high > 0 else 0.0


def _inflation(rho: float) -> float:
    """How many times the variance of a mean is larger for the autocorrelation of its points."""
    bounded = min(max(rho, 0.0), _LARGEST_RHO)
    return (1 + bounded) / (1 - bounded)


def _t_tail(t: float, freedom: int) -> float:
    """The chance that Student's t is further from 0, on either side (Wallace 1959; within 1 % from 3 degrees on)."""
    z = (8 * freedom + 1) / (8 * freedom + 3) * sqrt(freedom * log1p(t * t / freedom))
    return erfc(z / sqrt(2))
