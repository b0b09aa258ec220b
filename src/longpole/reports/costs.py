"""What model calls cost: by agent, model, user, session, day and more; what nobody can price is counted."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from longpole.model import clock
from longpole.reports.cost_views import CostPart, Costs, PriceList
from longpole.reports.filter_values import (
    LIMIT,
    SCOPE,
    Filter,
    Pairs,
    Scope,
    limit_of,
    not_one_of,
    read_given,
    scope_of,
)
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.together import rows_together
from longpole.store.engine import Engine

PEOPLE = ("user", "session")
PARTS = ("agent", "model", "provider", *PEOPLE, "day", "version", "environment", "workspace", "tier")
"""What costs can be shown by."""

_MOST_PEOPLE = 1000
_SUMS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "cost_usd_nanos",
)
_COUNTS = ("calls", "calls_without_usage", "calls_without_cost")

COST_FILTERS = (
    Filter(name="by", meaning=f"One of {', '.join(PARTS)}; agent by default.", example="model"),
    *SCOPE,
    Filter(name="model", meaning="The model's name, exactly. Not by user or session.", example="gpt-5.1"),
    LIMIT,
)
"""The filters of `GET /api/analysis/costs`."""


class CostFilters(Struct, frozen=True, kw_only=True):
    """Which model calls, by what, and how many parts at most."""

    by: str
    scope: Scope
    model: str | None
    limit: int


def read_cost_filters(pairs: Pairs) -> CostFilters:
    """What names and texts describe.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = read_given(pairs, COST_FILTERS)
    by = given.get("by", "agent")
    if by not in PARTS:
        raise not_one_of("by", by, PARTS)
    if by in PEOPLE and "model" in given:
        raise not_one_of("by", by, [part for part in PARTS if part not in PEOPLE])
    return CostFilters(by=by, scope=scope_of(given), model=given.get("model"), limit=limit_of(given.get("limit")))


def costs_of(store: Engine, filters: CostFilters) -> Costs:
    """The costs in a time range. Cost: one scan of the model calls in it, one of the executions for people."""
    scope = filters.scope
    asked: dict[str, Any] = {
        "workspace": scope.workspace,
        "agent": scope.agent,
        "environment": scope.environment,
        "version": scope.version,
        "from_ns": scope.from_ns,
        "to_ns": scope.to_ns,
    }
    if filters.by in PEOPLE:
        return _costs_of_people(store, filters, asked)
    rows = store.rows("cost_parts", {**asked, "model": filters.model, "by_what": filters.by})
    parts: dict[str | None, list[Row]] = {}
    for row in rows:
        day_ns = row["day_ns"]
        name = row["part"] if day_ns is None else clock.to_rfc3339(day_ns)[:10]
        parts.setdefault(name, []).append(row)
    return _costs(filters, parts, rows, totals=rows)


def _costs_of_people(store: Engine, filters: CostFilters, asked: dict[str, Any]) -> Costs:
    of_all, of_each = ({**asked, "by_what": what, "limit": _MOST_PEOPLE} for what in ("all", filters.by))
    lists, everybody, rows = rows_together(
        store, ("cost_lists", asked), ("cost_people", of_all), ("cost_people", of_each)
    )
    has_audio = any(row["audio_tokens"] for row in lists)
    everybody = _with_audio(store, everybody, {**asked, "by_what": "all"}, has_audio=has_audio)
    rows = _with_audio(store, rows, {**asked, "by_what": filters.by}, has_audio=has_audio)
    costs = _costs(filters, {row["part"]: [row] for row in rows}, lists, totals=everybody)
    costs.parts_left_out += (rows[0]["parts"] - len(rows)) if rows else 0
    if costs.total.calls != sum(one.calls for one in costs.price_lists):
        # A filter means the top executions, and their trees have calls of other agents: the lists are of other calls.
        costs.price_lists = []
        costs.unpriced_without_usage = min(costs.total.calls_without_usage, costs.total.calls_without_cost)
    return costs


def _with_audio(store: Engine, rows: Sequence[Row], asked: dict[str, Any], *, has_audio: bool) -> list[Row]:
    audio = {row["part"]: row for row in store.rows("cost_people_audio", asked)} if has_audio else {}
    silent: Row = {"input_audio_tokens": None, "output_audio_tokens": None, "unpriced_without_usage": 0}
    return [{**silent, **audio.get(row["part"], {}), **row} for row in rows]


def _costs(
    filters: CostFilters, parts: Mapping[str | None, Sequence[Row]], lists: Sequence[Row], *, totals: Sequence[Row]
) -> Costs:
    total = _part(None, totals, None)
    whole = None if total.cost_usd is None else sum(float(row["cost_usd_nanos"] or 0) for row in totals)
    found = [_part(name, rows, whole) for name, rows in parts.items()]
    if filters.by != "day":
        found.sort(key=lambda part: (-(part.cost_usd or 0), -part.calls, part.name or ""))
    shown = found[-filters.limit :] if filters.by == "day" else found[: filters.limit]
    return Costs(
        by=filters.by,
        total=total,
        parts=shown,
        parts_left_out=len(found) - len(shown),
        unpriced_without_usage=round(sum(float(row["unpriced_without_usage"]) for row in lists)),
        price_lists=_price_lists(lists),
    )


def _price_lists(rows: Sequence[Row]) -> list[PriceList]:
    by_version: dict[str | None, list[Row]] = {}
    for row in rows:
        by_version.setdefault(row["price_version"], []).append(row)
    lists = [
        PriceList(
            price_version=version,
            calls=round(sum(float(row["calls"]) for row in group)),
            cost_usd=_dollars(_known(group, "cost_usd_nanos")),
        )
        for version, group in by_version.items()
    ]
    return sorted(lists, key=lambda one: (-one.calls, one.price_version or ""))


def _part(name: str | None, rows: Sequence[Row], whole: float | None) -> CostPart:
    counts: dict[str, int] = {count: round(sum(float(row[count] or 0) for row in rows)) for count in _COUNTS}
    sums = {what: _known(rows, what) for what in _SUMS}
    nanos = sums.pop("cost_usd_nanos")
    tokens: dict[str, int | None] = {what: None if value is None else round(value) for what, value in sums.items()}
    share = nanos / whole if nanos is not None and whole else None
    told: dict[str, Any] = {**counts, **tokens}
    return CostPart(name=name, **told, cost_usd=_dollars(nanos), share=share)


def _known(rows: Iterable[Row], what: str) -> float | None:
    known = [float(row[what]) for row in rows if row[what] is not None]
    return sum(known) if known else None


def _dollars(nanos: float | None) -> float | None:
    return None if nanos is None else round(nanos) / 1e9


COSTS = Question(
    name="costs",
    meaning="What model calls used and cost: by agent, model, user, session, day and more.",
    view=Costs,
    filters=COST_FILTERS,
    ask=lambda store, pairs: costs_of(store, read_cost_filters(pairs)),
)
