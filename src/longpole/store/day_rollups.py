"""Which days of a long window can be told by their rollups, and what has to be read row by row beside them.

A day can if it has been summed up and nothing of it came, settled or was removed since. A run of the rollups looks at
what was received since the last one, and `OVERLAP_NS` before it; a question does the same for what came after that
run. So an answer is as exact as one from the rows alone, whenever it is asked.
"""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from longpole.model.clock import DAY_NS
from longpole.model.rollup import RollupKind
from longpole.store.engine import Engine
from longpole.store.rollups import touched_windows

LEAST_DAYS = 2
"""Fewer days are not worth the questions that it takes to know them."""

_MOST_BLOCKS = 6


class Window(Struct, frozen=True, kw_only=True):
    """A range of times: whole days that rollups tell, in order, and the ranges between them, which they do not."""

    days: Sequence[int]
    ranges: Sequence[tuple[int, int]]


def window_of(store: Engine, from_ns: int, to_ns: int) -> Window | None:
    """How a range of times is best read; nothing if row by row. Costs a look at what was received lately."""
    if not store.prefers_rollups or to_ns - from_ns < LEAST_DAYS * DAY_NS:
        return None
    told = store.rows("rollup_days_told", {"from_ns": from_ns, "to_ns": max(to_ns - DAY_NS + 1, 0)})
    if len(told) < LEAST_DAYS:
        return None
    touched = touched_windows(store, DAY_NS, (RollupKind.DAY_EXECUTION, RollupKind.DAY_STEP))
    days = _in_few_blocks([row["window_ns"] for row in told if row["window_ns"] not in touched])
    if len(days) < LEAST_DAYS:
        return None
    edges = [from_ns, *(edge_ns for day_ns in days for edge_ns in (day_ns, day_ns + DAY_NS)), to_ns]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return Window(days=days, ranges=[(start_ns, end_ns) for start_ns, end_ns in pairs if start_ns < end_ns])


def _in_few_blocks(days: Sequence[int]) -> list[int]:
    """The days that lie in the longest runs of days: each range between two of them costs questions of its own."""
    blocks: list[list[int]] = [[*days[:1]]]
    for day_ns, next_ns in pairwise(days):
        if next_ns - day_ns == DAY_NS:
            blocks[-1].append(next_ns)
        else:
            blocks.append([next_ns])
    return sorted(day_ns for block in sorted(blocks, key=len)[-_MOST_BLOCKS:] for day_ns in block)
