"""What ruptures and Otava find in series: JSON lists on standard input, the places on standard output.

Runs in an environment of its own, without Longpole. Each series is a list of numbers without gaps.
"""

import json
import sys
from importlib.metadata import version

import numpy as np
import ruptures
from otava.series import AnalysisOptions, Metric, Series


def scaled(values):
    """A series with mean 0 and deviation 1, as penalties expect it."""
    series = np.array(values, dtype=float)
    return (series - series.mean()) / (series.std() or 1.0)


def by_ruptures(search, model, penalty):
    """A search of ruptures with its defaults; the penalty is that many times the logarithm of the length."""

    def found(values):
        return search(model=model).fit(scaled(values)).predict(pen=penalty * np.log(len(values)))[:-1]

    return found


def by_otava(values):
    """Otava with its defaults."""
    series = Series("series", None, list(range(len(values))), {"value": Metric(1, 1.0)}, {"value": values}, {})
    groups = series.analyze(AnalysisOptions()).change_points.values()
    return [change.index for group in groups for change in group]


DETECTORS = {
    "ruptures Pelt, l2, 2 log n": by_ruptures(ruptures.Pelt, "l2", 2),
    "ruptures Pelt, l2, log n": by_ruptures(ruptures.Pelt, "l2", 1),
    "ruptures Pelt, rbf, log n": by_ruptures(ruptures.Pelt, "rbf", 1),
    "ruptures Binseg, l2, 2 log n": by_ruptures(ruptures.Binseg, "l2", 2),
    "ruptures Binseg, l2, log n": by_ruptures(ruptures.Binseg, "l2", 1),
    "ruptures Binseg, rbf, log n": by_ruptures(ruptures.Binseg, "rbf", 1),
    "Otava, defaults": by_otava,
}

if __name__ == "__main__":
    given = json.load(sys.stdin)
    found = {name: [[int(place) for place in find(values)] for values in given] for name, find in DETECTORS.items()}
    json.dump({"found": found, "versions": {name: version(name) for name in ("ruptures", "apache-otava")}}, sys.stdout)
