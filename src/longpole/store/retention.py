"""What is removed when it is old or too much: by age since its receipt, and by the size of the database.

Everything here is a generator that yields between short writes, so that who runs it can stop, and ingest goes on. What
goes is added to the rollups of what is gone, in the transaction that removes it (see `longpole.store.rollups`). A trace
is as old as its newest span: of an execution that runs for weeks nothing goes while it still tells something.
"""

from collections.abc import Generator, Iterable, Sequence

from msgspec import Struct

from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS, MINUTE_NS
from longpole.model.rollup import Rollup, RollupKind
from longpole.store.engine import Engine
from longpole.store.rollups import Key, Received, merged, neighbours, note, stored_rollups, summed_up

TRACE_ROWS_AT_ONCE = 100_000
COMPACT_FROM_BYTES = 256_000_000
_SHRUNK_TO = 0.95
"""Of the limit, so that it is not reached again within minutes."""

_LARGEST = 2**63 - 1
_GONE = (RollupKind.GONE_EXECUTION, RollupKind.GONE_STEP)


class Keep(Struct, frozen=True, kw_only=True):
    """How long things are kept, in nanoseconds since their receipt, and how many bytes the database may hold.

    Bodies are never kept longer than their steps, and rollups never shorter. `size_bytes` of 0 is no limit.
    """

    steps_ns: int
    bodies_ns: int
    rollups_ns: int
    audit_ns: int = 2**62
    size_bytes: int = 0


class Removed(Struct, kw_only=True):
    """What a run has removed: rows of traces, bodies, and how often the database was compacted."""

    rows: int = 0
    bodies: int = 0
    compacted: int = 0

    def __str__(self) -> str:
        if not (self.rows or self.bodies or self.compacted):
            return "nothing to remove"
        words = f"removed {self.rows} rows and {self.bodies} bodies"
        return f"{words}, compacted the database" if self.compacted else words


Steps = Generator[None, None, None]
"""A run that may be left at every step."""


def retain(store: Engine, keep: Keep, now_ns: int, removed: Removed) -> Steps:
    """Remove what is older than it is to be kept, then whole days until the database is small enough.

    Args:
        store: where things are.
        keep: how long and how much.
        now_ns: the time.
        removed: told what went.
    """
    if _is_worth_compacting(store, keep.size_bytes):
        store.write(Batch(compact=True))
        removed.compacted += 1
        yield
    steps_ns, bodies_ns = now_ns - keep.steps_ns, now_ns - min(keep.bodies_ns, keep.steps_ns)
    yield from remove_bodies(store, bodies_ns, removed)
    yield from remove_traces(store, steps_ns, now_ns, removed)
    rollups_ns = now_ns - max(keep.rollups_ns, keep.steps_ns)
    old = {"processes": steps_ns, "dead_letters": steps_ns, "webhook_deliveries": steps_ns}
    old |= dict.fromkeys(("rollups", "alerts", "alert_deliveries"), rollups_ns)
    yield from _remove_old(store, old | {"audit_log": now_ns - keep.audit_ns})
    if keep.size_bytes:
        yield from _shrink(store, keep.size_bytes, now_ns, removed)
    if _was_much(store, removed):
        store.write(Batch(compact=True))
        removed.compacted += 1
        yield


def _remove_old(store: Engine, before: dict[str, int]) -> Steps:
    """Remove what is older than a time from tables that have something as old."""
    oldest = {row["table_name"]: row["oldest_ns"] for row in store.rows("row_ages") if row["row_count"]}
    expired = {name: time_ns for name, time_ns in before.items() if name in oldest and oldest[name] < time_ns}
    if expired:
        store.write(Batch(expired=expired))
        yield


def remove_bodies(store: Engine, before_ns: int, removed: Removed) -> Steps:
    """Remove the bodies of the traces of which nothing was received since a time."""
    counts = _counts(store, "bodies_received_by_minute", before_ns)
    if not counts:
        return
    spared = straddling(store, before_ns)
    for until_ns, count in _slices(counts, before_ns, is_whole=store.is_shared):
        store.write(Batch(expired={"bodies": until_ns}, spared=spared))
        removed.bodies += count
        yield


def remove_traces(store: Engine, before_ns: int, now_ns: int, removed: Removed) -> Steps:
    """Remove the traces of which nothing was received since a time, and keep their sums in the rollups."""
    counts = _counts(store, "traces_received_by_minute", before_ns)
    if not counts:
        return
    spared = straddling(store, before_ns)
    tables = ("executions", "steps", "events", "decisions", "scores", "bodies", "findings")
    for until_ns, count in _slices(counts, before_ns, is_whole=store.is_shared):
        gone = _sums_of_gone(store, Received(to_ns=until_ns, spared=spared), now_ns)
        # Day rollups of what is stored count it no more once their days are computed again.
        days = [note(RollupKind.DAY, day_ns, now_ns) for day_ns in sorted({row.window_ns for row in gone})]
        store.write(Batch(records=[*gone], removed=[*days], expired=dict.fromkeys(tables, until_ns), spared=spared))
        removed.rows += count
        yield


def straddling(store: Engine, before_ns: int) -> list[tuple[str, str]]:
    """The traces, as pairs of workspace and trace id, that have spans on both sides of a time of receipt."""
    rows = store.rows("straddling_traces", {"before_ns": before_ns})
    return [(row["workspace"], row["trace_id"]) for row in rows]


def _sums_of_gone(store: Engine, received: Received, now_ns: int) -> list[Rollup]:
    """The rollups of gone executions and steps, with those added that were received in the given range."""
    going: dict[Key, Rollup] = {}
    for kind in _GONE:
        going |= summed_up(store, kind, 0, _LARGEST, width_ns=DAY_NS, now_ns=now_ns, received=received)
    stored: dict[Key, Rollup] = {}
    for from_ns, to_ns in neighbours(sorted({row.window_ns for row in going.values()}), DAY_NS):
        stored |= stored_rollups(store, _GONE, from_ns, to_ns)
    return [merged([stored[key], row]) if key in stored else row for key, row in going.items()]


def _counts(store: Engine, query: str, before_ns: int) -> list[tuple[int, int]]:
    """By minute of receipt, how many rows there are; in order."""
    return [(row["minute_ns"], int(row["counted"])) for row in store.rows(query, {"before_ns": before_ns})]


def _slices(
    counts: Iterable[tuple[int, int]], before_ns: int, *, is_whole: bool
) -> Generator[tuple[int, int], None, None]:
    """Times up to which rows go in one write, each with how many rows that are.

    A database that drops whole partitions (`is_whole`) does it at once.
    """
    waiting = 0
    for minute_ns, count in counts:
        waiting += count
        if waiting >= TRACE_ROWS_AT_ONCE and not is_whole and minute_ns + MINUTE_NS < before_ns:
            yield minute_ns + MINUTE_NS, waiting
            waiting = 0
    if waiting:
        yield before_ns, waiting


def _shrink(store: Engine, limit_bytes: int, now_ns: int, removed: Removed) -> Steps:
    """Remove the oldest days until the database holds at most so many bytes: first their bodies, then all of them.

    Today stays. How much a day takes is estimated by its share of the rows; the next run measures again. Costs a copy
    of the database, about once a day.
    """
    used = _used_bytes(store)
    if used <= limit_bytes:
        return
    excess = round(used - limit_bytes * _SHRUNK_TO)
    sizes = {row["table_name"]: int(row["size_bytes"]) for row in store.rows("table_sizes")}
    bodies_bytes = sizes.pop("bodies", 0)
    today_ns = now_ns - now_ns % DAY_NS
    ways = (
        ("bodies_received_by_minute", bodies_bytes),
        ("traces_received_by_minute", sum(sizes.values()) - sizes.get("rollups", 0)),
    )
    for query, size in ways:
        counts = _counts(store, query, today_ns)
        in_all = sum(count for _, count in _counts(store, query, _LARGEST))
        until_ns, freed = _days_to_free(counts, excess, size / in_all if in_all else 0.0)
        if until_ns is None:
            continue
        excess -= round(freed)
        if query == "bodies_received_by_minute":
            yield from remove_bodies(store, until_ns, removed)
        else:
            yield from remove_traces(store, until_ns, now_ns, removed)
        if excess <= 0:
            break
    if not store.is_shared and (removed.bodies or removed.rows):
        # DuckDB frees room by groups of 122,880 rows: only a copy shows what is left, and the next run relies on it.
        store.write(Batch(compact=True))
        removed.compacted += 1
        yield


def _was_much(store: Engine, removed: Removed) -> bool:
    """Whether a run has removed so much that the file is worth copying, as after a change of the settings."""
    if store.is_shared or removed.compacted or _used_bytes(store) < COMPACT_FROM_BYTES:
        return False
    counts = store.rows("store_counts")[0]
    kept = sum(counts[name] for name in ("executions", "steps", "events", "decisions", "scores", "bodies"))
    return removed.rows + removed.bodies > kept / 2


def _days_to_free(counts: Sequence[tuple[int, int]], excess_bytes: int, row_bytes: float) -> tuple[int | None, float]:
    """The end of the last day that must go to free so many bytes, and what that frees; nothing if no day has any."""
    until_ns, freed = None, 0.0
    for minute_ns, count in counts:
        end_ns = minute_ns - minute_ns % DAY_NS + DAY_NS
        if until_ns is not None and end_ns > until_ns and freed >= excess_bytes:
            break
        until_ns = end_ns
        freed += count * row_bytes
    return until_ns, freed


def _used_bytes(store: Engine) -> int:
    return int(store.rows("database_size")[0]["used_bytes"])


def _is_worth_compacting(store: Engine, limit_bytes: int) -> bool:
    """Whether more than a third of the file is free, or the file is over the limit and what it uses is not."""
    size = store.rows("database_size")[0]
    used, free = int(size["used_bytes"]), int(size["free_bytes"])
    if store.is_shared:  # such a database looks after its files by itself
        return False
    if limit_bytes and used <= limit_bytes < used + free:
        return True
    return free >= COMPACT_FROM_BYTES and free > used / 2
