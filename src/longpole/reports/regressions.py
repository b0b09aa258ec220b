"""What got worse, or better: change points of every agent and step, with what changed at that time.

Changes of one agent at one time are one thing with several signs: they are told together.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from longpole.analysis.change_points import LEAST_POINTS, Change, find_all_changes
from longpole.analysis.contributions import Usual, is_clear, split_changes
from longpole.model import clock
from longpole.model.clock import DAY_NS
from longpole.reports.change_causes import changed_between, first_bad_of, told_differently, values_of_agents
from longpole.reports.change_views import MetricChange, Regression, Regressions, Slower
from longpole.reports.period import Period
from longpole.reports.rows import Row
from longpole.reports.series import METRICS, Table, lines_of, load_table, plain_value
from longpole.store.engine import Engine

LEAST_CHANGE = 0.05
"""Of its level, that a number must move to be told; a smaller change may be sure and is still no matter."""
LEAST_OF_ERRORS = 0.01
LEAST_OF_RUNS = 0.25
FALSE_SHARE = 0.05
_MOST_SLOWER = 5
_MOST_LOOKED_UP = 20


class _Found(Struct, frozen=True):
    """A change that counts, with where it is in the table."""

    view: MetricChange
    index: int
    earliest: int
    latest: int


def regressions_of(store: Engine, period: Period, *, only_worse: bool, limit: int) -> Regressions:
    """The changes of a period, the latest first, at most `limit`."""
    table = load_table(store, period)
    answer = Regressions(
        from_time=period.from_time, to_time=period.to_time, width_ns=DAY_NS, series=0, series_too_short=0, items=[]
    )
    if table is None:
        return answer
    found, answer.series, answer.series_too_short = _all_changes(table)
    answer.width_ns = table.grain.width_ns
    groups = _grouped(found)
    groups = [group for group in groups if not only_worse or _is_worse(group)]
    groups.sort(key=lambda group: (-_clearest(group).index, group[0].view.agent))
    answer.items = _told(store, period, table, groups[:limit], found)
    return answer


def metric_changes(table: Table) -> list[MetricChange]:
    """Every change in a table that counts, by agent and time."""
    return [one.view for one in _all_changes(table)[0]]


def _all_changes(table: Table) -> tuple[list[_Found], int, int]:
    """The changes that count, how many series were looked at, and how many were too short."""
    lines = lines_of(table)
    rows = np.concatenate([line.rows for line in lines])
    known = (~np.isnan(rows)).sum(axis=1)
    long_enough = np.flatnonzero(known >= LEAST_POINTS)
    floors = np.concatenate([line.least_noise for line in lines])
    changes = find_all_changes(rows[long_enough], period=table.grain.rhythm, least_noise=floors[long_enough])
    bound = _largest_p([change.p for of_row in changes for change in of_row], len(long_enough))
    found: list[_Found] = []
    for place, of_row in zip(long_enough.tolist(), changes, strict=True):
        counted = [change for change in of_row if change.p <= bound]
        found += _found_in(table, METRICS[place // len(table.members)], place % len(table.members), counted)
    found = [one for one in found if _matters(one.view)]
    found.sort(key=lambda one: (one.view.agent, one.index))
    return found, len(long_enough), int(((known > 0) & (known < LEAST_POINTS)).sum())


def _largest_p(values: Sequence[float], tests: int) -> float:
    """The largest p-value that counts, so that at most 5 % of what is told is due to chance.

    Benjamini and Hochberg 1995, over as many tests as there are series.
    """
    ordered = sorted(values)
    return max((p for rank, p in enumerate(ordered, 1) if p <= FALSE_SHARE * rank / tests), default=0.0)


def _found_in(table: Table, metric: str, row: int, changes: Sequence[Change]) -> list[_Found]:
    """The changes of one series as they are told, with what its levels were."""
    bounds = [0, *(change.index for change in changes), len(table.starts_ns)]
    return [
        _found(table, metric, row, change, (slice(start, change.index), slice(change.index, end)))
        for change, start, end in zip(changes, bounds, bounds[2:], strict=False)
    ]


def _found(table: Table, metric: str, row: int, change: Change, around: tuple[slice, slice]) -> _Found:
    member = table.members[row]
    is_agent = member.operation is None
    if metric == "errors":  # counted: back from the scale of changes, no failure at all would not be 0
        before, after = (_failed_share(table, row, part) for part in around)
    else:
        before, after = (plain_value(metric, level, is_agent=is_agent) for level in (change.before, change.after))
    difference = after - before if metric == "errors" else after / before - 1 if before > 0 else None
    about_runs = metric == "calls" and is_agent
    view = MetricChange(
        agent=member.agent,
        operation=member.operation,
        metric=metric,
        before=before,
        after=after,
        change=difference,
        effect=change.effect,
        confidence=1 - change.p,
        is_worse=None if about_runs else after > before,
        at=clock.to_rfc3339(table.starts_ns[change.index]),
        earliest=clock.to_rfc3339(table.starts_ns[change.earliest]),
        latest=clock.to_rfc3339(table.starts_ns[change.latest]),
    )
    return _Found(view, change.index, change.earliest, change.latest)


def _failed_share(table: Table, row: int, part: slice) -> float:
    ended = float(np.nansum(table.fields["ended_weight"][row, part]))
    return float(np.nansum(table.fields["failed_weight"][row, part])) / ended if ended else 0.0


def _matters(change: MetricChange) -> bool:
    if change.change is None:
        return True
    runs = change.metric == "calls" and change.operation is None
    least = LEAST_OF_ERRORS if change.metric == "errors" else LEAST_OF_RUNS if runs else LEAST_CHANGE
    return abs(change.change) >= least


def _grouped(found: Sequence[_Found]) -> list[list[_Found]]:
    """Changes of one agent whose places overlap, what says most first."""
    groups: list[list[_Found]] = []
    for one in found:  # by agent and index
        last = groups[-1] if groups else []
        same_time = last and last[0].view.agent == one.view.agent
        if same_time and any(one.earliest <= other.latest and other.earliest <= one.latest for other in last):
            last.append(one)
        else:
            groups.append([one])
    return [sorted(group, key=_importance) for group in groups]


def _importance(one: _Found) -> tuple[bool, bool, int, float]:
    view = one.view
    return (not view.is_worse, view.operation is not None, METRICS.index(view.metric), -abs(view.effect))


def _clearest(group: Sequence[_Found]) -> _Found:
    """The change of a group whose time is known best: that is when all of them came."""
    return min(group, key=lambda one: (one.latest - one.earliest, _importance(one)))


def _is_worse(group: Sequence[_Found]) -> bool:
    return any(one.view.is_worse for one in group)


def _told(
    store: Engine, period: Period, table: Table, groups: Sequence[Sequence[_Found]], found: Sequence[_Found]
) -> list[Regression]:
    seen = values_of_agents(store, period, {group[0].view.agent for group in groups}) if groups else {}
    return [
        _regression(store, period, table, group, found, seen, is_looked_up=number < _MOST_LOOKED_UP)
        for number, group in enumerate(groups)
    ]


def _regression(
    store: Engine,
    period: Period,
    table: Table,
    group: Sequence[_Found],
    found: Sequence[_Found],
    seen: Mapping[str, Sequence[Row]],
    *,
    is_looked_up: bool,
) -> Regression:
    first = group[0]
    clearest = _clearest(group)
    agent, width_ns = first.view.agent, table.grain.width_ns
    from_ns = max(period.scope.from_ns, table.starts_ns[clearest.earliest])
    to_ns = min(period.scope.to_ns, table.starts_ns[clearest.latest] + width_ns)
    causes = changed_between(seen.get(agent, ()), from_ns, to_ns)
    began_ns = min((clock.from_rfc3339(cause.first_seen) for cause in causes), default=table.starts_ns[clearest.index])
    first_bad = None
    if is_looked_up:
        causes += told_differently(store, period, agent, began_ns, around_ns=2 * width_ns)
        first_bad = first_bad_of(store, period, first.view, began_ns, to_ns + width_ns)
    return Regression(
        agent=agent,
        is_worse=None if all(one.view.is_worse is None for one in group) else _is_worse(group),
        at=clearest.view.at,
        earliest=clearest.view.earliest,
        latest=clearest.view.latest,
        changes=[one.view for one in group],
        slower=_slower(table, agent, *_around(clearest, found, len(table.starts_ns))),
        changed_then=causes,
        first_bad=first_bad,
        hour=None if first_bad is None else int(first_bad.started_at[11:13]),
    )


def _around(one: _Found, found: Sequence[_Found], length: int) -> tuple[slice, slice]:
    """The stretches of time before and after a change, up to the agent's changes next to it."""
    others = [other for other in found if other.view.agent == one.view.agent]
    start = max((other.index for other in others if other.index < one.earliest), default=0)
    end = min((other.index for other in others if other.index > one.latest), default=length)
    return slice(start, one.index), slice(one.index, end)


def _slower(table: Table, agent: str, before: slice, after: slice) -> list[Slower]:
    """The steps of an agent whose own time per execution changed by a fiftieth of the whole or more, and clearly."""
    own = table.agent_rows().get(agent)
    if own is None:
        return []
    usual = [_usual(table, agent, own, part) for part in (before, after)]
    whole_ns = sum(one.calls * one.mean_ns for one in usual[0].values())
    split = split_changes(*usual)
    least_ns = max(0.02 * whole_ns, 0.1 * abs(split[0].total_ns)) if split else 0.0
    rows = {member.operation or agent: row for row, member in enumerate(table.members) if member.agent == agent}
    split = [
        one
        for one in split
        if abs(one.total_ns) > least_ns
        and is_clear(*(_per_execution(table, rows[one.operation], own, part) for part in (before, after)))
    ]
    return [
        Slower(
            operation=one.operation,
            more_calls_ns=round(one.more_calls_ns),
            slower_calls_ns=round(one.slower_calls_ns),
            calls_before=one.before.calls,
            calls_after=one.after.calls,
            mean_before_ns=round(one.before.mean_ns),
            mean_after_ns=round(one.after.mean_ns),
        )
        for one in split[:_MOST_SLOWER]
    ]


def _per_execution(table: Table, row: int, own: int, part: slice) -> list[float]:
    """The own time of a step per execution of its agent, in each stretch of time in which the agent ran."""
    runs = np.nan_to_num(table.fields["weight_sum"][own, part])
    own_ns = np.nan_to_num(table.fields["own_ns"][row, part])
    return (own_ns[runs > 0] / runs[runs > 0]).tolist()


def _usual(table: Table, agent: str, own: int, part: slice) -> dict[str, Usual]:
    """By step of an agent, and by the agent's name for its own code: calls per execution and own time of a call."""
    runs = float(np.nansum(table.fields["weight_sum"][own, part]))
    found: dict[str, Usual] = {}
    for row, member in enumerate(table.members):
        calls = float(np.nansum(table.fields["weight_sum"][row, part])) if member.agent == agent else 0.0
        if calls and runs:
            own_ns = float(np.nansum(table.fields["own_ns"][row, part]))
            found[member.operation or agent] = Usual(calls / runs, own_ns / calls)
    return found
