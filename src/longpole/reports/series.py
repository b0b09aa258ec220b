"""Numbers of agents and steps over time, as series that can be asked for changes.

A period is cut into stretches, of a day where it is long enough and shorter ones where it is not. Each metric of each
agent and step is one series: on a scale on which a change of one size is a difference of one size, and its chance error
hardly depends on the level (logarithms of durations, tokens and money; the arcsine of the root of shares; roots of
counts).
"""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from longpole.model.buckets import bucket_duration_ns
from longpole.model.clock import DAY_NS, HOUR_NS, MINUTE_NS
from longpole.reports.period import Period
from longpole.reports.rows import Row
from longpole.reports.together import rows_together
from longpole.store.engine import Engine

METRICS = ("p50", "p95", "errors", "tokens", "cost", "calls")
"""What is looked at, what says most first."""

LEAST_TIMINGS = {"p50": 5, "p95": 20, "errors": 20, "tokens": 10, "cost": 10, "calls": 10}
"""In a stretch of time; with fewer it counts as missing. All but a median lean to one side where there are few, so that
more traffic alone would look like a change."""

FIELDS = (
    "timings", "weight_sum", "ended_weight", "failed_weight", "own_ns", "p50_ns", "p95_ns", "tokens", "told_weight",
    "cost_nanos", "priced_weight",
)  # fmt: skip
# From p95 / p50 of a lognormal follows its spread, and from that the error of a quantile of n:
# sqrt(q (1 - q) / n) / density.
_SPREAD = 1.645
_ERROR_OF_P50, _ERROR_OF_P95 = 1.25, 2.11

Floats = NDArray[np.float64]


class Grain(Struct, frozen=True):
    """How a period is cut: the length of a stretch, and how many make a rhythm."""

    width_ns: int
    rhythm: int | None


_GRAINS = (
    (8 * HOUR_NS, Grain(5 * MINUTE_NS, None)),
    (4 * DAY_NS, Grain(HOUR_NS, 24)),
    (15 * DAY_NS, Grain(6 * HOUR_NS, 4)),
)


def grain_of(length_ns: int) -> Grain:
    """The longest stretch of which a period has about 60, at most a day."""
    return next((grain for longest_ns, grain in _GRAINS if length_ns <= longest_ns), Grain(DAY_NS, 7))


class Member(Struct, frozen=True):
    """Whose numbers: an agent's, or those of one of its steps."""

    agent: str
    operation: str | None


class Table(Struct, frozen=True):
    """Everything over time: for every member a row, for every stretch of time a column; NaN where nothing is known."""

    grain: Grain
    starts_ns: list[int]
    members: list[Member]
    fields: Mapping[str, Floats]

    def agent_rows(self) -> dict[str, int]:
        """The row of each agent's own numbers."""
        return {member.agent: row for row, member in enumerate(self.members) if member.operation is None}


class Lines(Struct, frozen=True):
    """One metric of all members: their rows on the scale of changes, and the least noise of a point in each."""

    metric: str
    rows: Floats
    least_noise: Floats


def load_table(store: Engine, period: Period, *, has_steps: bool = True) -> Table | None:
    """The numbers of a period; `None` if nothing ran in it. Cost: a pass over its executions and one over its steps."""
    bounds = store.rows("time_bounds", period.parameters)[0]
    if bounds["first_ns"] is None:
        return None
    first_ns, last_ns = bounds["first_ns"], bounds["last_ns"]
    grain = grain_of(last_ns - first_ns)
    width_ns = grain.width_ns
    starts_ns = list(range(first_ns - first_ns % width_ns, last_ns + 1, width_ns))
    asked = {**period.parameters, "width_ns": width_ns}
    told = rows_together(store, *((query, asked) for query in (("step_series",) * has_steps + ("agent_series",))))
    weighted: Sequence[Row] = store.rows("series_buckets", asked) if bounds["sampled"] else ()
    # Steps of a long execution may begin where no execution does any more, and by another clock before the first one.
    within = range(starts_ns[0], starts_ns[-1] + 1)
    rows = [row for of_kind in reversed(told) for row in of_kind if row["start_ns"] in within]
    return _table(grain, starts_ns, rows, [row for row in weighted if row["start_ns"] in within])


def table_of_days(name: str, starts_ns: list[int], fields: Mapping[str, Sequence[float | None]]) -> Table:
    """A table of one member and of days; fields that are not given are unknown."""
    unknown = np.full((1, len(starts_ns)), np.nan)
    given = {field: np.array([[_number(value) for value in values]]) for field, values in fields.items()}
    return Table(Grain(DAY_NS, 7), starts_ns, [Member(name, None)], {**dict.fromkeys(FIELDS, unknown), **given})


def _table(grain: Grain, starts_ns: list[int], rows: Sequence[Row], weighted: Sequence[Row]) -> Table:
    members: dict[Member, int] = {}
    places: list[tuple[int, int]] = []
    for row in rows:
        member = Member(row["agent"], row.get("name"))
        places.append((members.setdefault(member, len(members)), _place(row, starts_ns, grain)))
    shape = (len(members), len(starts_ns))
    index = tuple(np.array(places, dtype=np.intp).T) if places else ()
    fields: dict[str, Floats] = {}
    for name in FIELDS:
        fields[name] = np.full(shape, np.nan)
        fields[name][index] = [_number(row[name]) for row in rows]
    for row in weighted:
        number = members.get(Member(row["agent"], row["name"] or None))
        if number is not None:
            for name, bucket in (("p50_ns", row["bucket_50"]), ("p95_ns", row["bucket_95"])):
                fields[name][number, _place(row, starts_ns, grain)] = bucket_duration_ns(bucket)
    return Table(grain, starts_ns, list(members), fields)


def _place(row: Row, starts_ns: Sequence[int], grain: Grain) -> int:
    return (row["start_ns"] - starts_ns[0]) // grain.width_ns


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)


def lines_of(table: Table) -> list[Lines]:
    """All series of a table, by metric in the order of `METRICS`; missing points are NaN."""
    fields = table.fields
    with np.errstate(divide="ignore", invalid="ignore"):
        enough = {name: np.where(fields["timings"] >= least, 1.0, np.nan) for name, least in LEAST_TIMINGS.items()}
        timings = _typical(fields["timings"])
        spread = _typical(np.log(fields["p95_ns"] / fields["p50_ns"])) / _SPREAD
        share = np.clip(fields["failed_weight"] / fields["ended_weight"], 0.0, 1.0)
        count = fields["timings"]
        found = {
            "p50": (_log(fields["p50_ns"]), _ERROR_OF_P50 * spread / np.sqrt(timings)),
            "p95": (_log(fields["p95_ns"]), _ERROR_OF_P95 * spread / np.sqrt(timings)),
            # Anscombe 1948: on this scale a share has a chance error of 1 / (2 root n), the root of a count one of 1/2.
            "errors": (np.arcsin(np.sqrt((share * count + 0.375) / (count + 0.75))), 0.5 / np.sqrt(timings)),
            "tokens": (_log(fields["tokens"] / fields["told_weight"]), np.zeros_like(timings)),
            "cost": (_log(fields["cost_nanos"] / fields["priced_weight"]), np.zeros_like(timings)),
        }
        calls, noise = _calls(table)
    return [
        *(Lines(name, rows * enough[name], np.nan_to_num(floor)) for name, (rows, floor) in found.items()),
        Lines("calls", calls, noise),
    ]


def _calls(table: Table) -> tuple[Floats, Floats]:
    """Calls: of an agent per stretch, without the first and last, which may be partial; of a step per execution."""
    weights = table.fields["weight_sum"]
    counts = np.nan_to_num(table.fields["timings"])
    own = table.agent_rows()
    agents = np.array([own.get(member.agent, -1) for member in table.members], dtype=np.intp)
    is_agent = np.array([member.operation is None for member in table.members])
    runs = np.where(agents[:, np.newaxis] >= 0, counts[agents], 0.0)
    of_agent = np.nan_to_num(weights[agents])
    per_execution = np.log((np.nan_to_num(weights) + 0.5) / (of_agent + 0.5))
    per_execution[runs < LEAST_TIMINGS["calls"]] = np.nan
    per_stretch = np.sqrt(np.nan_to_num(weights) + 0.375)
    per_stretch[:, [0, -1]] = np.nan
    typical = np.maximum(_typical(np.where(counts > 0, counts, np.nan)), 1.0)
    noise = np.where(is_agent, 0.5, 0.25 / np.sqrt(typical))
    return np.where(is_agent[:, np.newaxis], per_stretch, per_execution), noise


def _log(values: Floats) -> Floats:
    return np.log(np.where(values > 0, values, np.nan))


def _typical(values: Floats) -> Floats:
    """The median of each row's known values; NaN of none."""
    ordered = np.sort(values, axis=1)
    known = (~np.isnan(values)).sum(axis=1)
    rows = np.arange(len(values))
    middle = (ordered[rows, np.maximum(known - 1, 0) // 2] + ordered[rows, known // 2]) / 2
    return np.where(known > 0, middle, np.nan)


def plain_value(metric: str, scaled: float, *, is_agent: bool) -> float:
    """A level on the scale of changes as the number itself: nanoseconds, tokens, US dollars, calls."""
    if metric == "calls" and is_agent:
        return max(scaled, 0.0) ** 2 - 0.375
    return exp(scaled) / 1e9 if metric == "cost" else exp(scaled)
