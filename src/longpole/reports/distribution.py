"""How long executions took, as a histogram, held against another version or time."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from longpole.model import clock
from longpole.model.buckets import GAMMA
from longpole.reports.execution_list import matching_rows
from longpole.reports.filter_values import Filter, Pairs, time_ns_of
from longpole.reports.filters import ExecutionFilters
from longpole.reports.listed_period import PICTURE_FILTERS, read_listed
from longpole.reports.picture_views import Distribution, DurationBin, DurationSet
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.together import together
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine

MOST_BINS = 40
_OTHER = (
    Filter(name="with_version", meaning="Held against this version, in the same time.", example="2.13.2"),
    Filter(name="at", meaning="What began since this time is held against what began before.", example="2026-11-19"),
    Filter(name="with_previous", meaning="'true' holds it against the period before.", example="true"),
)
DISTRIBUTION_FILTERS = (*PICTURE_FILTERS, *_OTHER)
"""The filters of `GET /api/analysis/distribution`."""


def distribution_of(
    store: Engine, filters: ExecutionFilters, other: ExecutionFilters | None, words: str | None
) -> Distribution:
    """The executions of one set by duration, and those of another beside them. Cost: a scan of each."""
    sets = [filters] if other is None else [filters, other]
    told = together(*(partial(matching_rows, store, "durations_counted", one, by=["duration_bucket"]) for one in sets))
    first, last = _ends(told)
    step = -(-(last - first + 1) // MOST_BINS)
    counts = [_binned(rows, first, step) for rows in told]
    places = range((last - first) // step + 1) if any(told) else range(0)
    return Distribution(
        from_time=clock.to_rfc3339(filters.from_ns),
        to_time=clock.to_rfc3339(filters.to_ns),
        executions=_set(told[0]),
        against=None if other is None else _set(told[1]),
        words=words,
        bins=[
            DurationBin(
                from_ns=round(GAMMA ** (first + place * step - 1)),
                to_ns=round(GAMMA ** (first + (place + 1) * step - 1)),
                executions=counts[0].get(place, 0),
                against=None if other is None else counts[1].get(place, 0),
            )
            for place in places
        ],
    )


def _ends(told: Sequence[Sequence[Row]]) -> tuple[int, int]:
    buckets = [row["duration_bucket"] for rows in told for row in rows]
    return (min(buckets), max(buckets)) if buckets else (0, 0)


def _binned(rows: Sequence[Row], first: int, step: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for row in rows:
        place = (row["duration_bucket"] - first) // step
        found[place] = found.get(place, 0) + row["executions"]
    return found


def _set(rows: Sequence[Row]) -> DurationSet:
    quantiles = weighted_quantiles({row["duration_bucket"]: float(row["weight"]) for row in rows})
    return DurationSet(
        executions=sum(row["executions"] for row in rows), p50_ns=quantiles["p50_ns"], p95_ns=quantiles["p95_ns"]
    )


def _others(
    filters: ExecutionFilters, given: Mapping[str, str]
) -> tuple[ExecutionFilters, ExecutionFilters | None, str | None]:
    """The set, the one it is held against, and what that is."""
    if "at" in given:
        at_ns = min(max(time_ns_of("at", given["at"], default=0), filters.from_ns), filters.to_ns)
        return replace(filters, from_ns=at_ns), replace(filters, to_ns=at_ns), "before"
    if "with_version" in given:
        version = given["with_version"]
        return filters, replace(filters, version=version), version
    if given.get("with_previous") == "true":
        length_ns = filters.to_ns - filters.from_ns
        before = replace(filters, from_ns=max(0, filters.from_ns - length_ns), to_ns=filters.from_ns)
        return filters, before, "the period before"
    return filters, None, None


def _ask(store: Engine, pairs: Pairs) -> Distribution:
    names = {one.name for one in _OTHER}
    every = list(pairs)
    filters = read_listed(store, [pair for pair in every if pair[0] not in names], clock.now_ns())
    given: dict[str, Any] = {name: text for name, text in every if name in names and text}
    return distribution_of(store, *_others(filters, given))


DISTRIBUTION = Question(
    name="distribution",
    meaning="Executions by duration on a logarithmic axis, held against another version or time if one is given.",
    view=Distribution,
    filters=DISTRIBUTION_FILTERS,
    ask=_ask,
)
