"""What several models of one series expect of the days ahead, and what they expect together.

Few days seldom tell which model is the right one. So none is chosen: each counts by its evidence (Bayesian model
averaging with weights by BIC: Hoeting and others, "Bayesian Model Averaging: A Tutorial", 1999).
"""

from math import pi, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Z_80 = 1.2816
"""Between -z and z lie 80 % of the normal distribution."""

_FAR = 3.0  # robust standard deviations
_MAD = 1.4826  # a standard deviation in median absolute deviations
_SLIGHT = 0.01  # a weight that does not move a bound
_HALVINGS = 16  # of the range in which a bound is looked for: to 1 in 65,536 of it

Floats = NDArray[np.float64]


class Outlooks(Struct, frozen=True):
    """What each of several models expects of the days ahead, and how well it told the days that are known.

    `middle` and `error` have a row for each model and a column for each day ahead: what is expected, and the standard
    error of the day that comes. `evidence` is a number for each model, see `evidence_of`.
    """

    middle: Floats
    error: Floats
    evidence: Floats

    def and_those(self, others: "Outlooks") -> "Outlooks":
        """These models and others."""
        return Outlooks(
            middle=np.vstack([self.middle, others.middle]),
            error=np.vstack([self.error, others.error]),
            evidence=np.append(self.evidence, others.evidence),
        )


def drawn_in(rest: Floats) -> Floats:
    """What models did not foresee, nothing of it more than three robust deviations off; days are the last axis."""
    # The upper median; numpy's takes 40 us, a tenth of which is sorting.
    bound = _FAR * _MAD * np.sort(np.abs(rest), axis=-1)[..., [rest.shape[-1] // 2]]
    return np.where(bound > 0, np.clip(rest, -bound, bound), rest)


def evidence_of(rest: Floats, free: int) -> Floats:
    """How well models told the days: the logarithm of the likelihood, less half the penalty of BIC (Schwarz 1978).

    Args:
        rest: what each did not foresee of each day (the last axis); days that are far off are drawn in.
        free: how many numbers it took from them.
    """
    size = rest.shape[-1]
    return -size / 2 * np.log(np.maximum((drawn_in(rest) ** 2).mean(axis=-1), 1e-12)) - free * np.log(size) / 2


def mixed(models: Outlooks) -> tuple[Floats, Floats, Floats]:
    """What the models expect of each day as one: the mean, and the bounds below and above which lie 10 % of them."""
    weights = np.exp(models.evidence - models.evidence.max())
    keep = weights > _SLIGHT * weights.sum()
    weights = (weights[keep] / weights[keep].sum())[:, np.newaxis]
    middle, error = models.middle[keep], models.error[keep]
    low, high = (_beyond(share, middle, error, weights) for share in (0.1, 0.9))
    return (weights * middle).sum(axis=0), low, high


def _beyond(share: float, middle: Floats, error: Floats, weights: Floats) -> Floats:
    """The bound of each day below which a share of the mixture lies; normal by Page's approximation (1977)."""
    z = Z_80 if share > 0.5 else -Z_80
    low, high = (middle + z * error).min(axis=0), (middle + z * error).max(axis=0)
    for _ in range(_HALVINGS if len(middle) > 1 else 0):
        half = (low + high) / 2
        away = (half - middle) / error
        below = (weights * (1 + np.tanh(sqrt(2 / pi) * (away + 0.044715 * away * away * away))) / 2).sum(axis=0) < share
        low, high = np.where(below, half, low), np.where(below, high, half)
    return (low + high) / 2
