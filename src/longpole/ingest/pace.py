"""How fast something comes."""


class Pace:
    """The pace of a count that grows, over the last seconds. For one thread."""

    def __init__(self, over_s: float) -> None:
        """A pace that is looked at anew every `over_s` seconds; until the first have passed it is 0."""
        self._over_s = over_s
        self._since_s: float | None = None
        self._count = 0
        self._per_s = 0.0

    def per_s(self, count: int, now_s: float) -> float:
        """How much a second the count has grown by of late."""
        if self._since_s is None or now_s - self._since_s >= self._over_s:
            if self._since_s is not None:
                self._per_s = (count - self._count) / (now_s - self._since_s)
            self._since_s, self._count = now_s, count
        return self._per_s
