"""The numbers that sent items have, so that a server can tell what did not arrive.

Every span of a process has one, counted from 0 for each workspace that it sends to, and so has every log record. A body
tells those that it carries; whoever takes it twice, or in another order, still knows which are missing.
"""

from collections.abc import Iterable, Sequence


def spell(numbers: Iterable[range]) -> str:
    """Numbers as a body tells them, neighbours joined.

    >>> spell([range(0, 3), range(3, 5), range(9, 10)])
    '0-4,9-9'
    """
    joined: list[range] = []
    for part in numbers:
        if joined and joined[-1].stop == part.start:
            part = range(joined.pop().start, part.stop)
        joined.append(part)
    return ",".join(f"{part.start}-{part.stop - 1}" for part in joined)


def split(numbers: Sequence[range], at: int) -> tuple[list[range], list[range]]:
    """The first `at` numbers, and the others.

    >>> split([range(0, 3), range(7, 9)], 4)
    ([range(0, 3), range(7, 8)], [range(8, 9)])
    """
    first: list[range] = []
    rest: list[range] = []
    for part in numbers:
        room = max(0, at - sum(map(len, first)))
        first += [part[:room]] if part[:room] else []
        rest += [part[room:]] if part[room:] else []
    return first, rest
