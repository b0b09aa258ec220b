"""How long a thread that computes may keep the interpreter: short enough for what is to be watched.

Python lets another thread in after 5 ms. A block of 5 ms is over before anybody could look at it: of 100 with a
threshold of 5 ms, `bench/loop_watch.py` found 3, and 90 with a threshold of 4 ms and a quarter of it.
"""

import sys

_PER_THRESHOLD = 4


class SwitchInterval:
    """The switch interval of this interpreter, made shorter for a while."""

    def __init__(self) -> None:
        """As the program has it."""
        self._before_s: float | None = None
        self._set_s = 0.0

    def fit(self, threshold_ns: int | None) -> None:
        """Make it a quarter of the threshold at most; without one what it was, unless the program has set it since."""
        if self._before_s is not None and sys.getswitchinterval() == self._set_s:
            sys.setswitchinterval(self._before_s)
        self._before_s = None
        if threshold_ns is None:
            return
        now_s, wanted_s = sys.getswitchinterval(), threshold_ns / _PER_THRESHOLD / 1e9
        if wanted_s < now_s:
            sys.setswitchinterval(wanted_s)
            self._before_s, self._set_s = now_s, sys.getswitchinterval()


switch_interval = SwitchInterval()
"""The one of this process: the interpreter has one, too."""
