"""How much CPU the thread that watches event loops may take: never more than a share of one core, whatever it sees."""

SHARE = 0.009
"""Of one core, at the default threshold. With what a watched loop itself does for the watch, this stays below 1 %."""

SAVED_NS = 4_000_000
"""What may be taken at once after a quiet time: enough to tell of some three blocks that follow one another."""

FIRST_NS = 20_000_000
"""What is saved when a process begins to watch: the first look loads what it needs (2 ms, on a slow machine more), and
the block that it meets is to be seen."""

LONGEST_PAUSE_NS = 1_000_000_000


class Allowance:
    """CPU that is given evenly and taken in pieces. What is left over is kept, up to `SAVED_NS`. In one thread."""

    def __init__(self, now: int, spent_ns: int, *, saved_ns: int = SAVED_NS) -> None:
        """With so much saved, from now on; `spent_ns` has been taken before and does not count."""
        self._left_ns = float(saved_ns)
        self._at_ns = now
        self._spent_ns = spent_ns

    def pause_ns(self, now: int, spent_ns: int, *, share: float = SHARE) -> int:
        """For how long nothing may be taken, in nanoseconds: 0 unless more was taken than there was; at most a second.

        Args:
            now: steady time.
            spent_ns: CPU taken in all, since ever.
            share: of one core, how much is given.
        """
        given_ns = (now - self._at_ns) * share
        saved_ns = max(self._left_ns, min(self._left_ns + given_ns, SAVED_NS))
        self._left_ns = saved_ns - (spent_ns - self._spent_ns)
        self._at_ns, self._spent_ns = now, spent_ns
        return min(round(max(-self._left_ns, 0) / share), LONGEST_PAUSE_NS)


def share_of(threshold_ns: int, default_ns: int) -> float:
    """What a watch with this threshold may take: looking twice as often may cost twice as much."""
    return SHARE * max(1.0, default_ns / threshold_ns)
