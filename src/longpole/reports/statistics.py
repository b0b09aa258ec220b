"""How a period went against the one before: counts, success, durations, credits, tokens and cost."""

from collections.abc import Mapping, Sequence

from longpole.analysis.period_change import (
    CLAIMED_BELOW,
    LEAST_CHANGE,
    LEAST_RATE_CHANGE,
    Weights,
    judge_mean,
    judge_quantile,
    judge_rate,
    judge_together,
    judge_total,
)
from longpole.analysis.rank_correlation import Correlation, chance_of_larger, correlate_ranks
from longpole.analysis.significance import Cell, pool
from longpole.model import clock
from longpole.model.buckets import bucket_duration_ns
from longpole.reports.filter_values import read_given
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.statistics_views import DurationBand, Figure, SpeedAndScore, Statistics, SuccessAndDuration
from longpole.reports.together import rows_together
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine

SLICES = 7
"""Into how many slices a period is cut: of a week each is a day."""

MOST_SCORES = 5000
_BANDS = 8
_LEAST_CORRELATION = 0.1
_USD = 1e9
_SHARES = {"p50_ns": 0.5, "p95_ns": 0.95, "p99_ns": 0.99}


def statistics_of(store: Engine, period: Period) -> Statistics:
    """The statistics of a period and how each differs from the period of equal length before it."""
    slice_ns = -(-period.length_ns // SLICES)
    previous_ns = period.scope.from_ns - slice_ns * SLICES
    asked = {key: value for key, value in period.parameters.items() if key != "from_ns"}
    asked |= {"previous_ns": previous_ns, "slice_ns": slice_ns}
    slices, buckets, outcomes, scored, first = rows_together(
        store,
        ("period_slices", asked),
        ("period_buckets", asked),
        ("outcome_buckets", period.parameters),
        ("scored_durations", {**period.parameters, "limit": MOST_SCORES}),
        ("first_start", {name: asked[name] for name in _FILTERS}),
    )
    rows = _placed(slices, previous_ns, slice_ns)
    first_ns = first[0]["first_ns"]
    is_whole = first_ns is not None and 0 <= first_ns < previous_ns + slice_ns
    figures = _figures(rows, is_whole=is_whole)
    figures |= _quantiles(buckets, previous_ns, slice_ns)
    ours = rows[SLICES:]
    return Statistics(
        from_time=period.from_time,
        to_time=period.to_time,
        previous_from_time=clock.to_rfc3339(max(0, previous_ns)),
        is_previous_whole=is_whole,
        running=_sum(ours, "running"),
        succeeded=_sum(ours, "succeeded"),
        failed=_sum(ours, "failed"),
        skipped=_sum(ours, "skipped"),
        **judged_figures(figures),  # pyright: ignore[reportArgumentType]
        success_and_duration=_success_and_duration(outcomes),
        speed_and_scores=_speed_and_scores(scored),
    )


_FILTERS = ("workspace", "agent", "environment", "version")
RawFigure = tuple[float | None, float | None, float | None]
"""A figure's value, the one before, and the p-value of the difference."""


def _placed(rows: Sequence[Row], previous_ns: int, slice_ns: int) -> list[Row]:
    """One row for each slice of both periods, the previous one first; empty where nothing started."""
    placed: list[Row] = [{} for _ in range(2 * SLICES)]
    for row in rows:
        place = (row["slice_start_ns"] - previous_ns) // slice_ns
        placed[min(max(place, 0), 2 * SLICES - 1)] = row
    return placed


def _sum(rows: Sequence[Row], name: str) -> int:
    return sum(row[name] for row in rows if row)


def _figures(rows: Sequence[Row], *, is_whole: bool) -> dict[str, RawFigure]:
    theirs, ours = rows[:SLICES], rows[SLICES:]
    found: dict[str, RawFigure] = {"executions": _total(ours, theirs, "executions_weight", is_whole=is_whole)}
    rates = _success(ours), _success(theirs)
    judged = judge_rate(*rates)
    found["success_rate"] = (_mean(rates[0]), _mean(rates[1]), None if judged is None else judged.p_value)
    for name, prefix in (("mean_ns", "duration"), ("mean_credits", "credits"), ("mean_tokens", "tokens")):
        found[name] = _mean_figure(ours, theirs, prefix)
    found["mean_cost_usd"] = _in_dollars(_mean_figure(ours, theirs, "cost"))
    for name in ("credits", "tokens"):
        found[name] = _total(ours, theirs, f"{name}_total", is_whole=is_whole, told=f"{name}_count")
    found["cost_usd"] = _in_dollars(_total(ours, theirs, "cost_total", is_whole=is_whole, told="cost_count"))
    return found


def _success(rows: Sequence[Row]) -> list[Cell]:
    return [
        Cell(
            row["succeeded"] + row["failed"],
            row["succeeded_weight"] + row["failed_weight"],
            row["finished_squares"],
            row["succeeded_weight"],
            row["succeeded_weight"],
        )
        for row in rows
        if row
    ]


def _cells(rows: Sequence[Row], prefix: str) -> list[Cell]:
    of = ("timed", "timed_weight", "timed_squares")
    if prefix != "duration":
        of = (f"{prefix}_count", f"{prefix}_weight", f"{prefix}_weight_squares")
    count, weight, squares = of
    return [
        Cell(
            row[count],
            float(row[weight]),
            float(row[squares]),
            float(row[f"{prefix}_total"]),
            float(row[f"{prefix}_squares"]),
        )
        for row in rows
        if row
    ]


def _mean_figure(ours: Sequence[Row], theirs: Sequence[Row], prefix: str) -> RawFigure:
    us, them = _cells(ours, prefix), _cells(theirs, prefix)
    judged = judge_mean(us, them)
    return _mean(us), _mean(them), None if judged is None else judged.p_value


def _mean(cells: Sequence[Cell]) -> float | None:
    whole = pool(cells)
    return whole.mean if whole.count else None


def _total(
    ours: Sequence[Row], theirs: Sequence[Row], name: str, *, is_whole: bool, told: str | None = None
) -> RawFigure:
    us, them = ([float(row[name]) if row else 0.0 for row in rows] for rows in (ours, theirs))
    p_value = judge_total(us, them) if is_whole else None
    is_told = [told is None or any(row[told] for row in rows if row) for rows in (ours, theirs)]
    if not any(row for row in theirs):
        is_told[1] = False
    return sum(us) if is_told[0] else None, sum(them) if is_told[1] else None, p_value if all(is_told) else None


def _in_dollars(raw: RawFigure) -> RawFigure:
    value, previous, p_value = raw
    return None if value is None else value / _USD, None if previous is None else previous / _USD, p_value


def _quantiles(rows: Sequence[Row], previous_ns: int, slice_ns: int) -> dict[str, RawFigure]:
    slices: list[dict[int, tuple[int, float, float]]] = [{} for _ in range(2 * SLICES)]
    for row in rows:
        place = min((row["slice_start_ns"] - previous_ns) // slice_ns, 2 * SLICES - 1)
        slices[place][row["duration_bucket"]] = (
            row["executions"],
            float(row["bucket_weight"]),
            float(row["bucket_squares"]),
        )
    theirs, ours = slices[:SLICES], slices[SLICES:]
    values, previous = weighted_quantiles(_joined(ours)), weighted_quantiles(_joined(theirs))
    return {
        name: (values[name], previous[name], judge_quantile(ours, theirs, share)) for name, share in _SHARES.items()
    }


def _joined(slices: Sequence[Weights]) -> dict[int, float]:
    whole: dict[int, float] = {}
    for weights in slices:
        for bucket, (_, weight, _) in weights.items():
            whole[bucket] = whole.get(bucket, 0.0) + weight
    return whole


def judged_figures(figures: Mapping[str, RawFigure]) -> dict[str, Figure]:
    """Figures by name with their changes, judged together; one whose name ends in `success_rate` is a rate."""
    p_values = judge_together({name: p_value for name, (_, _, p_value) in figures.items()})
    found: dict[str, Figure] = {}
    for name, (value, previous, _) in figures.items():
        is_rate = name.endswith("success_rate")
        change = None
        if value is not None and previous is not None and (is_rate or previous):
            change = value - previous if is_rate else value / previous - 1
        p_value = p_values[name]
        is_notable = None
        if p_value is not None and change is not None:
            is_notable = p_value < CLAIMED_BELOW and abs(change) >= (LEAST_RATE_CHANGE if is_rate else LEAST_CHANGE)
        found[name] = Figure(value=value, previous=previous, change=change, is_notable=is_notable, p_value=p_value)
    return found


def _success_and_duration(rows: Sequence[Row]) -> SuccessAndDuration:
    succeeded = {row["duration_bucket"]: float(row["succeeded_weight"]) for row in rows if row["succeeded"]}
    failed = {row["duration_bucket"]: float(row["failed_weight"]) for row in rows if row["failed"]}
    longer = chance_of_larger(
        _as_seen(failed, sum(row["failed"] for row in rows)),
        _as_seen(succeeded, sum(row["succeeded"] for row in rows)),
    )
    return SuccessAndDuration(
        succeeded_p50_ns=weighted_quantiles(succeeded)["p50_ns"],
        failed_p50_ns=weighted_quantiles(failed)["p50_ns"],
        longer=None if longer is None else longer.value,
        is_notable=None if longer is None else _is_notable(longer, longer.p_value),
        bands=_bands(rows),
    )


def _is_notable(found: Correlation, p_value: float) -> bool:
    return p_value < CLAIMED_BELOW and abs(found.value) >= _LEAST_CORRELATION


def _as_seen(weights: Mapping[int, float], count: int) -> dict[int, float]:
    """The same shares of as many as were seen: who stands for several is no several proofs."""
    whole = sum(weights.values())
    return {bucket: weight * count / whole for bucket, weight in weights.items()}


def _bands(rows: Sequence[Row]) -> list[DurationBand]:
    """The executions in about equal parts by duration, the short ones first."""
    whole = sum(row["succeeded"] + row["failed"] for row in rows)
    bands: list[DurationBand] = []
    group: list[Row] = []
    passed = 0
    for row in rows:
        group.append(row)
        passed += row["succeeded"] + row["failed"]
        if passed * _BANDS >= whole * (len(bands) + 1):
            bands.append(_band(group))
            group = []
    return bands


def _band(rows: Sequence[Row]) -> DurationBand:
    succeeded = sum(float(row["succeeded_weight"]) for row in rows)
    finished = succeeded + sum(float(row["failed_weight"]) for row in rows)
    return DurationBand(
        from_ns=round(bucket_duration_ns(rows[0]["duration_bucket"] - 1)),
        to_ns=round(bucket_duration_ns(rows[-1]["duration_bucket"])),
        executions=sum(row["succeeded"] + row["failed"] for row in rows),
        success_rate=succeeded / finished if finished else None,
    )


def _speed_and_scores(rows: Sequence[Row]) -> list[SpeedAndScore]:
    names: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        names.setdefault(row["name"], []).append((float(row["duration_ns"]), float(row["value"])))
    found = {name: correlate_ranks(*zip(*pairs, strict=True)) for name, pairs in names.items()}
    p_values = judge_together({name: None if one is None else one.p_value for name, one in found.items()})
    order = sorted(names, key=lambda name: (-len(names[name]), name))
    return [_speed_and_score(name, names[name], found[name], p_values[name]) for name in order]


def _speed_and_score(
    name: str, pairs: Sequence[tuple[float, float]], found: Correlation | None, p_value: float | None
) -> SpeedAndScore:
    scores = [score for _, score in sorted(pairs)]
    half = len(scores) // 2
    return SpeedAndScore(
        name=name,
        scored=len(scores),
        correlation=None if found is None else found.value,
        is_notable=None if found is None or p_value is None else _is_notable(found, p_value),
        fast_mean=sum(scores[:half]) / half if half else None,
        slow_mean=sum(scores[-half:]) / half if half else None,
    )


STATISTICS = Question(
    name="statistics",
    meaning="A period against the one before: counts, success, durations, credits, tokens, cost, and what changed.",
    view=Statistics,
    filters=PERIOD_FILTERS,
    ask=lambda store, pairs: statistics_of(store, period_of(read_given(pairs, PERIOD_FILTERS), clock.now_ns())),
)
