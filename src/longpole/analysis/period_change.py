"""A period against the one before: which figures changed, and whether by more than noise.

Both are cut into slices. How much slices of one period differ says how much periods differ by chance; a change is
notable if it is larger than that and large enough to matter.
"""

from collections.abc import Mapping, Sequence
from math import sqrt

from longpole.analysis.significance import LEAST_CELLS, Cell, Contrast, contrast, corrected, student_p

CLAIMED_BELOW = 0.01
"""The corrected p-value up to which a change is notable."""

LEAST_CHANGE = 0.05
"""A change of a time, a count or a sum below 5 % is not notable, whatever its p-value."""

LEAST_RATE_CHANGE = 0.01
"""A change of a rate by less than one of a hundred is not."""

Slices = Sequence[Cell]
Weights = Mapping[int, tuple[int, float, float]]
"""By bucket of duration: how many, their weight, and its squares."""


def judge_rate(ours: Slices, theirs: Slices) -> Contrast | None:
    """How a rate differs from that of the period before."""
    return _told(contrast(ours, theirs, is_rate=True), ours, theirs)


def judge_mean(ours: Slices, theirs: Slices) -> Contrast | None:
    """How a mean does."""
    return _told(contrast(ours, theirs), ours, theirs)


def _told(found: Contrast | None, ours: Slices, theirs: Slices) -> Contrast | None:
    full = min(sum(bool(cell.count) for cell in ours), sum(bool(cell.count) for cell in theirs))
    return found if full >= LEAST_CELLS else None


def judge_quantile(ours: Sequence[Weights], theirs: Sequence[Weights], share: float) -> float | None:
    """The p-value of a changed quantile: whether as many are above the common one in both periods."""
    common: dict[int, float] = {}
    for weights in (*ours, *theirs):
        for bucket, (_, weight, _) in weights.items():
            common[bucket] = common.get(bucket, 0.0) + weight
    limit = _quantile_bucket(common, share)
    if limit is None:
        return None
    found = judge_rate([_above(one, limit) for one in ours], [_above(one, limit) for one in theirs])
    return None if found is None else found.p_value


def judge_total(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """The p-value of a changed sum, of slices that correspond to each other; nothing for under five pairs."""
    pairs = list(zip(ours, theirs, strict=False))
    if len(pairs) < 5:
        return None
    differences = [our - their for our, their in pairs]
    mean = sum(differences) / len(differences)
    variance = sum((one - mean) ** 2 for one in differences) / (len(differences) - 1)
    if variance == 0:
        return 1.0 if mean == 0 else 0.0
    return student_p(mean / sqrt(variance / len(differences)), len(differences) - 1)


def judge_together(p_values: Mapping[str, float | None]) -> dict[str, float | None]:
    """The p-values of several figures, corrected for being several."""
    told = {name: value for name, value in p_values.items() if value is not None}
    return {**dict.fromkeys(p_values), **dict(zip(told, corrected(list(told.values())), strict=True))}


def _quantile_bucket(weights: Mapping[int, float], share: float) -> int | None:
    whole, passed = sum(weights.values()), 0.0
    for bucket in sorted(weights):
        passed += weights[bucket]
        if passed >= share * whole * (1 - 1e-12):
            return bucket
    return None


def _above(weights: Weights, limit: int) -> Cell:
    count, weight, squares, above = 0, 0.0, 0.0, 0.0
    for bucket, (number, of_bucket, of_squares) in weights.items():
        count += number
        weight += of_bucket
        squares += of_squares
        above += of_bucket if bucket > limit else 0.0
    return Cell(count, weight, squares, above, above)
