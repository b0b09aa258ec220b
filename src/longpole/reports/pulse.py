"""How many executions started when, how long they took and what they cost: the strip over the list, spark lines."""

from collections.abc import Sequence
from functools import partial

from longpole.model import clock
from longpole.model.clock import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from longpole.model.histogram import add_histogram, unpack_histogram
from longpole.reports.execution_list import is_by_days, matching_parameters, matching_rows
from longpole.reports.filter_values import Pairs
from longpole.reports.filters import ExecutionFilters, read_execution_filters
from longpole.reports.listed_period import PICTURE_FILTERS, read_listed
from longpole.reports.picture_views import Pulse, PulsePlace
from longpole.reports.question import Question
from longpole.reports.rolled_up import gone_of
from longpole.reports.rows import Row, dollars, whole
from longpole.reports.together import together
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine

MOST_PLACES = 120
_WIDTHS_NS = (
    *(count * SECOND_NS for count in (1, 2, 5, 10, 15, 30)),
    *(count * MINUTE_NS for count in (1, 2, 5, 10, 15, 30)),
    *(count * HOUR_NS for count in (1, 2, 3, 6, 12)),
)


def pulse_of(store: Engine, filters: ExecutionFilters, gone_from_ns: int) -> Pulse:
    """The executions that `read_listed` describes, by slots of time, and how many are gone from `gone_from_ns` on.

    Cost: one scan of them, and one of one column.
    """
    width_ns = _width_ns(filters)
    cells, memory = together(
        partial(matching_rows, store, "pulse_cells", filters, by=["slot"], width_ns=width_ns),
        partial(store.rows, "pulse_memory", {**matching_parameters(filters), "width_ns": width_ns}),
    )
    peaks = {row["slot"]: row["peak_mb"] for row in memory}
    found = {row["slot"]: row for row in cells}
    slots = range(filters.from_ns // width_ns, (filters.to_ns - 1) // width_ns + 1)
    quantiles = weighted_quantiles(_together(cells))
    return Pulse(
        from_time=clock.to_rfc3339(filters.from_ns),
        to_time=clock.to_rfc3339(filters.to_ns),
        width_ns=width_ns,
        executions=sum(row["executions"] for row in cells),
        failed=sum(row["failed"] for row in cells),
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        gone=_gone(store, filters, gone_from_ns),
        places=[_place(slot * width_ns, width_ns, found.get(slot), peaks.get(slot)) for slot in slots],
    )


def _gone(store: Engine, filters: ExecutionFilters, from_ns: int) -> int | None:
    if not is_by_days(filters):
        return None
    sums = gone_of(store, {**matching_parameters(filters), "from_ns": from_ns})
    return 0 if sums is None else sums.told().executions


def _width_ns(filters: ExecutionFilters) -> int:
    """The narrowest width that needs at most `MOST_PLACES` slots, those at both ends included."""
    length_ns = filters.to_ns - filters.from_ns
    for width_ns in _WIDTHS_NS:
        if length_ns <= width_ns * (MOST_PLACES - 1):
            return width_ns
    return -(-length_ns // ((MOST_PLACES - 1) * DAY_NS)) * DAY_NS


def _together(cells: Sequence[Row]) -> dict[int, float]:
    weights: dict[int, float] = {}
    for row in cells:
        add_histogram(weights, unpack_histogram(row["histogram"]))
    return weights


def _place(start_ns: int, width_ns: int, row: Row | None, peak_mb: float | None) -> PulsePlace:
    if row is None:
        return PulsePlace(
            started_at=clock.to_rfc3339(start_ns), executions=0, failed=0, success_rate=None, p50_ns=None, p95_ns=None,
            mean_ns=None, cost_usd=None, tokens=None, in_flight=0.0, memory_mb=None,
        )  # fmt: skip
    quantiles = weighted_quantiles(unpack_histogram(row["histogram"]))
    timed, finished = float(row["timed_weight"]), float(row["finished_weight"])
    tokens = [row[name] for name in ("input_tokens", "output_tokens") if row[name] is not None]
    return PulsePlace(
        started_at=clock.to_rfc3339(start_ns),
        executions=row["executions"],
        failed=row["failed"],
        success_rate=1 - float(row["failed_weight"]) / finished if finished else None,
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        mean_ns=round(float(row["took_ns"]) / timed) if timed else None,
        cost_usd=dollars(whole(row["cost_usd_nanos"])),
        tokens=whole(sum(tokens)) if tokens else None,
        in_flight=float(row["took_ns"]) / width_ns,
        memory_mb=peak_mb,
    )


def _ask(store: Engine, pairs: Pairs) -> Pulse:
    return pulse_of(store, read_listed(store, pairs, clock.now_ns()), read_execution_filters(pairs).from_ns)


PULSE = Question(
    name="pulse",
    meaning="Executions by slots of time: counts, failures, durations, cost and tokens, with the filters of the list.",
    view=Pulse,
    filters=PICTURE_FILTERS,
    ask=_ask,
)
