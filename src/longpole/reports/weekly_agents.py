"""The agents of a report: each in the period and in the one before, and what changed by more than noise."""

from collections.abc import Mapping, Sequence

from longpole.analysis.period_change import Weights, judge_quantile, judge_rate, judge_total
from longpole.analysis.significance import Cell
from longpole.reports.period import Period
from longpole.reports.rows import Row
from longpole.reports.statistics import SLICES, RawFigure, judged_figures
from longpole.reports.weekly_views import ReportAgent
from longpole.reports.weighted import joined, weighted_quantiles
from longpole.store.engine import Engine

_QUANTILES = {"p50_ns": 0.5, "p95_ns": 0.95}
_FIGURES = ("executions", "success_rate", *_QUANTILES, "cost_usd")
_USD = 1e9

_Slices = list[Row]
"""One row for each slice of the previous period and of this one; empty where nothing started."""


def agents_of(store: Engine, period: Period, *, is_previous_whole: bool, most: int) -> tuple[list[ReportAgent], int]:
    """The agents with most executions, at most `most`, and how many more ran."""
    slice_ns = -(-period.length_ns // SLICES)
    previous_ns = period.scope.from_ns - slice_ns * SLICES
    asked = {name: value for name, value in period.parameters.items() if name != "from_ns"}
    asked |= {"previous_ns": previous_ns, "slice_ns": slice_ns}
    slices: dict[str, _Slices] = {}
    for row in store.rows("report_agents", asked):
        slices.setdefault(row["agent"], [{} for _ in range(2 * SLICES)])[_place(row, previous_ns, slice_ns)] = row
    counts = {agent: _sum(rows[SLICES:], "executions") for agent, rows in slices.items()}
    ran = sorted((agent for agent in slices if counts[agent]), key=lambda agent: (-counts[agent], agent))
    shown = ran[:most]
    raw: dict[str, RawFigure] = {}
    buckets = _buckets(store, asked, shown, previous_ns, slice_ns)
    for agent in shown:
        figures = _figures(slices[agent], is_whole=is_previous_whole) | _quantiles(buckets[agent])
        raw |= {f"{agent} {name}": figure for name, figure in figures.items()}
    judged = judged_figures(raw)
    agents = [
        ReportAgent(
            agent=agent,
            failed=_sum(slices[agent][SLICES:], "failed"),
            skipped=_sum(slices[agent][SLICES:], "skipped"),
            **{name: judged[f"{agent} {name}"] for name in _FIGURES},
            p50_over_time=[_quantiles_of([one])["p50_ns"] for one in buckets[agent]],
        )
        for agent in shown
    ]
    return agents, len(ran) - len(shown)


def _place(row: Row, previous_ns: int, slice_ns: int) -> int:
    return min((row["slice_start_ns"] - previous_ns) // slice_ns, 2 * SLICES - 1)


def _sum(rows: Sequence[Row], name: str) -> int:
    return sum(row[name] for row in rows if row)


def _figures(rows: _Slices, *, is_whole: bool) -> dict[str, RawFigure]:
    rates = [_cells(part) for part in (rows[SLICES:], rows[:SLICES])]
    found = judge_rate(*rates)
    return {
        "executions": _total(rows, "executions_weight", is_whole=is_whole, scale=1.0),
        "success_rate": (_rate(rates[0]), _rate(rates[1]), None if found is None else found.p_value),
        "cost_usd": _total(rows, "cost_nanos", is_whole=is_whole, scale=_USD),
    }


def _cells(rows: Sequence[Row]) -> list[Cell]:
    return [
        Cell(
            row["finished"],
            float(row["finished_weight"]),
            float(row["finished_squares"]),
            float(row["succeeded_weight"]),
            float(row["succeeded_weight"]),
        )
        for row in rows
        if row
    ]


def _rate(cells: Sequence[Cell]) -> float | None:
    weight = sum(cell.weight for cell in cells)
    return sum(cell.total for cell in cells) / weight if weight else None


def _total(rows: _Slices, name: str, *, is_whole: bool, scale: float) -> RawFigure:
    known = [[float(row[name]) / scale for row in part if row and row[name] is not None] for part in _halves(rows)]
    ours, theirs = ([float(row[name] or 0) if row else 0.0 for row in part] for part in _halves(rows))
    p_value = judge_total(ours, theirs) if is_whole and all(known) else None
    return sum(known[0]) if known[0] else None, sum(known[1]) if known[1] else None, p_value


def _halves(rows: _Slices) -> tuple[_Slices, _Slices]:
    """This period's slices and those of the one before."""
    return rows[SLICES:], rows[:SLICES]


def _buckets(
    store: Engine, asked: Mapping[str, object], agents: Sequence[str], previous_ns: int, slice_ns: int
) -> dict[str, list[dict[int, tuple[int, float, float]]]]:
    """Of each agent the slices' executions by bucket of duration."""
    found: dict[str, list[dict[int, tuple[int, float, float]]]] = {
        agent: [{} for _ in range(2 * SLICES)] for agent in agents
    }
    if not agents:
        return found
    of_agents = {name: value for name, value in asked.items() if name != "agent"}
    for row in store.rows("report_agent_buckets", {**of_agents, "names": list(agents)}):
        found[row["agent"]][_place(row, previous_ns, slice_ns)][row["duration_bucket"]] = (
            row["executions"],
            float(row["bucket_weight"]),
            float(row["bucket_squares"]),
        )
    return found


def _quantiles(slices: Sequence[Weights]) -> dict[str, RawFigure]:
    ours, theirs = slices[SLICES:], slices[:SLICES]
    values, previous = _quantiles_of(ours), _quantiles_of(theirs)
    return {
        name: (values[name], previous[name], judge_quantile(ours, theirs, share)) for name, share in _QUANTILES.items()
    }


def _quantiles_of(slices: Sequence[Weights]) -> dict[str, int | None]:
    return weighted_quantiles(joined([{bucket: one[1] for bucket, one in weights.items()} for weights in slices]))
