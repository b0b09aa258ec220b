"""The numbers that rules are held against, from the store: one moment after the other, for each subject a sample.

Now is the last moment of a series, and the days before are looked at by the same arithmetic: what `longpole alerts
test` replays is what would have been decided.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from longpole.alerting.budgets import budget_moments
from longpole.alerting.changes import change_moments
from longpole.alerting.evaluate import UNKNOWN, Sample, mean_sample, quantile_sample, share_sample
from longpole.alerting.rules import Rule
from longpole.alerting.statistics import Statistic
from longpole.model.clock import DAY_NS, HOUR_NS, MINUTE_NS
from longpole.model.histogram import add_histogram, unpack_histogram
from longpole.reports.rows import Row
from longpole.store.engine import Engine

LONGEST_RUN_NS = 6 * HOUR_NS
"""An execution or step that took longer may be missed: so much before a window is looked for what ended in it."""

REPLAY_STEP_NS = 5 * MINUTE_NS
MOST_MOMENTS, MOST_MOMENTS_OF_EACH = 9000, 1500
"""How many moments of the past are looked at, where all are one and where each subject is looked at by itself."""

MOST_SLOTS_OF_WINDOW = 12
ABSENCE_LOOK_BACK_NS = 7 * DAY_NS

Samples = Mapping[str, Sample]
"""By subject; the empty text where all are one."""

Moment = tuple[int, Samples]
"""A time, and what was known then."""


class Grid(Struct, frozen=True):
    """The moments at which a rule is looked at: after each of `slots` slots of `slot_ns` from `from_ns` on.

    A window is `width` slots long.
    """

    from_ns: int
    slot_ns: int
    slots: int
    width: int

    @property
    def to_ns(self) -> int:
        """The last moment."""
        return self.from_ns + self.slots * self.slot_ns


def moment_now(store: Engine, rule: Rule, now_ns: int) -> Samples:
    """What is known now."""
    moments = list(_moments(store, rule, Grid(now_ns - rule.window_ns, rule.window_ns, 1, 1), now_ns))
    return moments[-1][1] if moments else {}


def moments_between(store: Engine, rule: Rule, from_ns: int, to_ns: int) -> list[Moment]:
    """What was known at moments of a time range, the earliest first; the last is the end of the range.

    Costs a query over the range, and 10 us for each moment and subject.
    """
    most = MOST_MOMENTS if rule.reach.by is None else MOST_MOMENTS_OF_EACH
    step_ns = max(REPLAY_STEP_NS, (to_ns - from_ns) // most, rule.window_ns // MOST_SLOTS_OF_WINDOW)
    width = max(1, round(rule.window_ns / step_ns))
    slot_ns = rule.window_ns // width if rule.kind == "threshold" else step_ns
    count = max(1, (to_ns - from_ns) // slot_ns)
    # The first window ends at the first moment, so that it is whole.
    lead = width - 1 if rule.kind == "threshold" else 0
    grid = Grid(to_ns - (count + lead) * slot_ns, slot_ns, count + lead, width)
    return [moment for moment in _moments(store, rule, grid, to_ns) if moment[0] >= from_ns]


def _moments(store: Engine, rule: Rule, grid: Grid, now_ns: int) -> Iterator[Moment]:
    if rule.kind == "absence":
        return _absences(store, rule, grid)
    if rule.kind == "change":
        return change_moments(store, rule, grid.from_ns, grid.to_ns, is_one=grid.slots == 1)
    if rule.kind == "budget":
        return budget_moments(store, rule, grid.from_ns, now_ns, is_one=grid.slots == 1)
    assert rule.statistic is not None
    return _thresholds(store, rule, rule.statistic, grid)


def parameters_of(rule: Rule, from_ns: int, to_ns: int, slot_ns: int) -> dict[str, object]:
    """What the queries of `alerts.sql` ask for, but for `is_of_trees`."""
    reach = rule.reach
    asked: dict[str, object] = {
        "workspace": reach.workspace,
        "agent": reach.agent,
        "version": reach.version,
        "environment": reach.environment,
        "by_what": reach.by,
        "since_ns": max(0, from_ns - LONGEST_RUN_NS),
        "from_ns": max(0, from_ns),
        "to_ns": to_ns,
        "slot_ns": slot_ns,
    }
    asked |= {"step": reach.step} if reach.is_of_steps else {"user": reach.user}
    return asked


def _thresholds(store: Engine, rule: Rule, statistic: Statistic, grid: Grid) -> Iterator[Moment]:
    if statistic.source == "dropped":
        yield from _dropped(store, rule, grid)
        return
    asked = parameters_of(rule, grid.from_ns, grid.to_ns, grid.slot_ns)
    what = "steps" if rule.reach.is_of_steps else "executions"
    if statistic.source == "sums":
        if what == "executions":
            asked["is_of_trees"] = rule.reach.is_of_people
        series = _by_subject(store.rows(f"alert_{what}", asked), grid)
        windows = {subject: _sums(rows, statistic, grid.width) for subject, rows in series.items()}
    elif statistic.source == "durations":
        series = _by_subject(store.rows(f"alert_{what[:-1]}_durations", asked), grid)
        windows = {subject: _quantiles(rows, statistic, grid.width) for subject, rows in series.items()}
    else:
        series = _by_subject(store.rows("alert_in_flight", asked), grid)
        windows = {subject: _peaks(rows, grid.width) for subject, rows in series.items()}
    if rule.reach.by is None and not windows:
        windows = {"": [_nothing(statistic)] * grid.slots}
    yield from _as_moments(windows, grid, rule.least)


def _as_moments(windows: Mapping[str, Sequence[Sample]], grid: Grid, least: int) -> Iterator[Moment]:
    for place in range(grid.width - 1, grid.slots):
        found: dict[str, Sample] = {}
        for subject, samples in windows.items():
            sample = samples[place]
            if sample.count or not subject:
                found[subject] = sample if sample.count >= least else Sample(value=None, count=sample.count)
        yield grid.from_ns + (place + 1) * grid.slot_ns, found


def _nothing(statistic: Statistic) -> Sample:
    """The sample of a window in which nothing ran: a sum of nothing is 0, a share or a percentile is unknown."""
    return Sample.exact(0.0, 0) if statistic.kind in ("total", "peak") else UNKNOWN


def _by_subject(rows: Sequence[Row], grid: Grid) -> dict[str, list[Row | None]]:
    """The rows of each subject by slot."""
    series: dict[str, list[Row | None]] = {}
    for row in rows:
        place = (row["slot_ns"] - grid.from_ns) // grid.slot_ns
        if 0 <= place < grid.slots:
            series.setdefault(row["subject"], [None] * grid.slots)[place] = row
    return series


def _window_sums(rows: Sequence[Row | None], width: int, names: Sequence[str]) -> Iterator[dict[str, float]]:
    """Columns added up over each window; empty where it has no rows."""
    cells = [None if row is None else [float(row[name]) for name in names] for row in rows]
    for place in range(len(cells)):
        part = [cell for cell in cells[max(0, place - width + 1) : place + 1] if cell is not None]
        # Added up anew each time: taking away what has left would leave the rounding errors of a month.
        yield dict(zip(names, map(sum, zip(*part, strict=True)), strict=True)) if part else {}


def _sums(rows: Sequence[Row | None], statistic: Statistic, width: int) -> list[Sample]:
    field = statistic.field
    if statistic.kind == "rate":
        squares = "finished_squares" if statistic.per == "finished" else "weight_squares"
        return [
            share_sample(each[field], each[statistic.per], each[squares], round(each["seen"])) if each else UNKNOWN
            for each in _window_sums(rows, width, ("seen", field, statistic.per, squares))
        ]
    if statistic.kind == "mean":
        names = (f"{field}_total", f"{field}_squares", f"{field}_weight", f"{field}_weight_squares")
        return [_mean(each, names) if each else UNKNOWN for each in _window_sums(rows, width, ("seen", *names))]
    is_told = field in ("cost", "tokens", "credits")
    names = ("seen", f"{field}_total", f"{field}_weight") if is_told else ("seen", field)
    return [_total(each, names) for each in _window_sums(rows, width, names)]


def _mean(each: Mapping[str, float], names: Sequence[str]) -> Sample:
    total, squares, weight, weight_squares = (each[name] for name in names)
    return mean_sample(total, squares, weight, weight_squares, round(each["seen"]))


def _total(each: Mapping[str, float], names: Sequence[str]) -> Sample:
    if not each:
        return Sample.exact(0.0, 0)
    count = round(each["seen"])
    is_untold = len(names) > 2 and not each[names[2]]
    return Sample(value=None, count=count) if is_untold else Sample.exact(each[names[1]], count)


def _quantiles(rows: Sequence[Row | None], statistic: Statistic, width: int) -> list[Sample]:
    parts = [{} if row is None else unpack_histogram(row["histogram"] or "") for row in rows]
    found: list[Sample] = []
    for place in range(len(rows)):
        near = [each for each in range(max(0, place - width + 1), place + 1) if rows[each] is not None]
        if not near:
            found.append(UNKNOWN)
            continue
        whole = parts[near[0]]
        if len(near) > 1:
            whole = dict(whole)
            for each in near[1:]:
                add_histogram(whole, parts[each])
        told = [row for each in near if (row := rows[each]) is not None]
        squares = sum(float(row["weight_squares"]) for row in told)
        found.append(quantile_sample(whole, squares, sum(row["seen"] for row in told), statistic.share))
    return found


def _peaks(rows: Sequence[Row | None], width: int) -> list[Sample]:
    """The highest of each window, of executions in flight at its slots' beginnings and after every start."""
    running, highest = 0, list[int]()
    for row in rows:
        highest.append(running if row is None else max(running, row["peak"]))
        running += 0 if row is None else row["slot_change"]
    return [
        Sample.exact(float(max(highest[max(0, place - width + 1) : place + 1])), highest[place] or 1)
        for place in range(len(rows))
    ]


def _dropped(store: Engine, rule: Rule, grid: Grid) -> Iterator[Moment]:
    """Processes tell only how many they dropped by now: of the past nothing is known but the end."""
    reach = rule.reach
    asked = {"workspace": reach.workspace, "version": reach.version, "environment": reach.environment}
    asked |= {"from_ns": max(0, grid.to_ns - rule.window_ns), "to_ns": grid.to_ns}
    [row] = store.rows("alert_dropped", asked)
    for place in range(grid.width - 1, grid.slots - 1):
        yield grid.from_ns + (place + 1) * grid.slot_ns, {"": UNKNOWN}
    yield grid.to_ns, {"": Sample.exact(float(row["dropped"]), row["seen"])}


def _absences(store: Engine, rule: Rule, grid: Grid) -> Iterator[Moment]:
    """How long ago the last execution of each subject began; of one that never ran, since the rule was made."""
    look_back_ns = max(ABSENCE_LOOK_BACK_NS, 2 * rule.window_ns)
    if grid.slots == 1:
        grid = Grid(grid.to_ns - look_back_ns, look_back_ns, 1, 1)
        first = 0
    else:
        first = -(-look_back_ns // grid.slot_ns)
        grid = Grid(grid.from_ns - first * grid.slot_ns, grid.slot_ns, grid.slots + first, 1)
    asked = parameters_of(rule, grid.from_ns, grid.to_ns, grid.slot_ns)
    del asked["since_ns"]
    series = _by_subject(store.rows("alert_starts", asked), grid)
    if rule.reach.by is None:
        series.setdefault("", [None] * grid.slots)
    last_ns: dict[str, int] = {}
    for place in range(grid.slots):
        time_ns, found = grid.from_ns + (place + 1) * grid.slot_ns, dict[str, Sample]()
        for subject, rows in series.items():
            row = rows[place]
            if row is not None:
                last_ns[subject] = row["last_ns"]
            if place >= first and (since := last_ns.get(subject, _never(rule, subject, grid, time_ns))) is not None:
                is_known = subject in last_ns and time_ns - last_ns[subject] <= look_back_ns
                found[subject] = Sample.exact(float(time_ns - since), 1 if is_known else 0)
        if place >= first:
            yield time_ns, found


def _never(rule: Rule, subject: str, grid: Grid, time_ns: int) -> int | None:
    """Since when a subject is missed that has not been seen at all."""
    if subject or rule.reach.by is not None:
        return None
    since_ns = max(rule.made_ns, grid.from_ns)
    return since_ns if since_ns <= time_ns else None
