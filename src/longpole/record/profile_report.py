"""The profiler's report as text: one line an operation, the largest total first."""

from collections.abc import Sequence

from longpole.model.profile import AggregatedMetrics

HEADINGS = (
    *("operation", "calls", "errors", "mean", "p50", "p95", "p99", "min", "max", "total", "own", "at once"),
    *("coordination", "cpu", "memory", "peak"),
)
MOST_NAME = 48
NONE = "–"


def draw_profile(figures: Sequence[AggregatedMetrics]) -> str:
    """A table. Columns that no operation has a figure for are left out; an empty one says so."""
    if not figures:
        return "No profiled operation has ended yet."
    rows = [HEADINGS, *(_cells(each) for each in figures)]
    kept = [column for column in range(len(HEADINGS)) if any(row[column] != NONE for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in kept}
    return "\n".join(
        "  ".join(
            row[column].ljust(widths[column]) if column == 0 else row[column].rjust(widths[column]) for column in kept
        ).rstrip()
        for row in rows
    )


def seconds_text(duration_ns: float | None) -> str:
    """A duration: microseconds below a millisecond, milliseconds below a second, else seconds.

    >>> seconds_text(1_500), seconds_text(12_340_000), seconds_text(504_000_000), seconds_text(1_504_000_000)
    ('2 µs', '12.3 ms', '504 ms', '1.504 s')
    """
    if duration_ns is None:
        return NONE
    if duration_ns < 999_500:
        return f"{duration_ns / 1e3:.0f} µs"
    if duration_ns < 999_500_000:
        return f"{duration_ns / 1e6:.{1 if duration_ns < 99_950_000 else 0}f} ms"
    return f"{duration_ns / 1e9:.3f} s"


def _cells(each: AggregatedMetrics) -> tuple[str, ...]:
    times = (each.mean_ns, each.p50_ns, each.p95_ns, each.p99_ns, each.min_ns, each.max_ns, each.total_ns, each.own_ns)
    name = each.name if len(each.name) <= MOST_NAME else each.name[: MOST_NAME - 1] + "…"
    return (
        name,
        f"{each.count:,}",
        f"{each.errors:,} ({each.error_rate:.1%})" if each.errors else "0",
        *(seconds_text(time) for time in times),
        str(each.most_concurrent),
        seconds_text(each.coordination_ns),
        seconds_text(each.cpu_ns),
        _bytes_text(each.memory_delta_bytes, is_change=True),
        _bytes_text(each.memory_peak_bytes),
    )


def _bytes_text(size: int | None, *, is_change: bool = False) -> str:
    return NONE if size is None else f"{size / 2**20:{'+' if is_change else ''}.1f} MiB"
