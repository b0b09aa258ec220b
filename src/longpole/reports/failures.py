"""Errors in groups of like ones: how often, since when, what they cost, where they started, what healed them."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from longpole.analysis.failures import Around, Beat, look_around, normalise_message
from longpole.model import clock
from longpole.reports.filter_values import LIMIT, limit_of, read_given
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row, dollars
from longpole.reports.statistics_views import FailureGroup, FailureGroups, FailureSlice
from longpole.reports.together import rows_together
from longpole.store.engine import Engine

FAILURE_FILTERS = (*PERIOD_FILTERS, LIMIT)
"""The filters of `GET /api/analysis/failures`; the limit is of groups."""

MOST_ERRORS = 45_000
"""Of more failed executions and steps the newest are looked at. At 10M steps an answer takes 0.2 s instead of 0.5."""

MOST_GROUPS = 3000
"""So many different errors are read, the most frequent ones, before like ones are joined."""

MOST_CASES = 2000
EXAMPLES_EACH = 5
"""So many newest cases of a group are looked at for what came before and after."""

_MOST_AROUND = 20_000
_MOST_NAMED = 20
_SLICES = 100
_LATER_NS = 3_600_000_000_000
_EARLIER_NS = 6 * _LATER_NS

_Key = tuple[str | None, str | None, str]
"""Error type, normalised message, place."""


class _Group(Struct):
    """A group while its rows are added up."""

    example: Row
    executions: int = 0
    executions_weight: float = 0.0
    healed: int = 0
    healed_weight: float = 0.0
    first_seen_ns: int = 2**63 - 1
    last_seen_ns: int = 0
    last_case_ns: int = 0
    lost_ns: float = 0.0
    lost_usd_nanos: float | None = None
    statuses: set[str] = set()
    agents: set[str] = set()
    versions: set[str] = set()

    def add(self, row: Row) -> None:
        """Add a row of `failure_groups` or, after these, of `step_error_groups`."""
        if "executions" in row or not self.executions:
            self.last_case_ns = max(self.last_case_ns, row["last_seen_ns"])
        if "executions" in row:
            self.executions += row["executions"]
            self.executions_weight += float(row["executions_weight"])
        else:
            self.healed += row["steps"]
            self.healed_weight += float(row["steps_weight"])
        if row["last_seen_ns"] > self.last_seen_ns:
            self.example = row
        self.first_seen_ns = min(self.first_seen_ns, row["first_seen_ns"])
        self.last_seen_ns = max(self.last_seen_ns, row["last_seen_ns"])
        self.lost_ns += float(row["lost_ns"] or 0)
        if row["lost_usd_nanos"] is not None:
            self.lost_usd_nanos = (self.lost_usd_nanos or 0.0) + float(row["lost_usd_nanos"])
        self.statuses |= {*row["statuses"]}
        self.agents |= {*row["agents"]}
        self.versions |= {*row["versions"]}


def failures_of(store: Engine, period: Period, limit: int) -> FailureGroups:
    """The groups of errors of a period, those that failed most executions first, at most `limit`."""
    width_ns = -(-period.length_ns // _SLICES)
    slices = store.rows("errors_counted", {**period.parameters, "slice_ns": width_ns})
    looked = Period(scope=replace(period.scope, from_ns=_newest_from_ns(period, slices, MOST_ERRORS)))
    asked = {**looked.parameters, "limit": MOST_GROUPS}
    fatal, healed = rows_together(store, ("failure_groups", asked), ("step_error_groups", asked))
    groups: dict[_Key, _Group] = {}
    for row in (*fatal, *healed):
        groups.setdefault(_key(row), _Group(row, statuses=set(), agents=set(), versions=set())).add(row)
    order = sorted(groups, key=lambda key: (-groups[key].executions, -groups[key].healed, -groups[key].last_seen_ns))
    shown = {key: groups[key] for key in order[:limit]}
    cases = _cases(store, looked, shown, _newest_from_ns(period, slices, MOST_CASES))
    around = _around(store, [case for found in cases.values() for case in found])
    return FailureGroups(
        from_time=period.from_time,
        to_time=period.to_time,
        looked_at_from=looked.from_time,
        executions=sum(row["executions"] for row in slices),
        healed=sum(group.healed for group in groups.values()),
        is_complete=looked == period and len(fatal) < MOST_GROUPS and len(healed) < MOST_GROUPS,
        width_ns=width_ns,
        over_time=[_slice(row) for row in slices],
        groups=[_view(key, group, cases.get(key, []), around) for key, group in shown.items()],
    )


def _slice(row: Row) -> FailureSlice:
    return FailureSlice(
        started=clock.to_rfc3339(row["slice_start_ns"]), executions=row["executions"], steps=row["steps"]
    )


def _newest_from_ns(period: Period, slices: Sequence[Row], most: int) -> int:
    """From when on there are at most so many errors: the whole period, or its newest slices, at least one."""
    errors = 0
    for row in reversed(slices):
        errors += row["executions"] + row["steps"]
        if errors > most and row is not slices[-1]:
            return row["slice_start_ns"] + -(-period.length_ns // _SLICES)
    return period.scope.from_ns


def _key(row: Row) -> _Key:
    message = row.get("example", row.get("message"))
    return row["error_type"], None if message is None else normalise_message(message), row["place"]


def _cases(store: Engine, period: Period, groups: dict[_Key, _Group], since_ns: int) -> dict[_Key, list[Row]]:
    """The newest cases of each group: those since a time, and the last one of groups that are older than that."""
    found: dict[_Key, list[Row]] = {}
    for name, of_these in (
        ("newest_failed", [group for group in groups.values() if group.executions]),
        ("newest_step_errors", [group for group in groups.values() if not group.executions]),
    ):
        if not of_these:
            continue
        older = [group.last_case_ns for group in of_these if group.last_case_ns < since_ns]
        asked: dict[str, Any] = {**period.parameters, "from_ns": max(period.scope.from_ns, min([since_ns, *older]))}
        asked |= {"since_ns": since_ns, "starts": sorted(map(str, older))}
        for row in store.rows(name, {**asked, "each": EXAMPLES_EACH, "limit": 2 * MOST_CASES}):
            key = _key(row)
            if key in groups and len(found.setdefault(key, [])) < EXAMPLES_EACH:
                found[key].append(row)
    return found


def _around(store: Engine, cases: Sequence[Row]) -> dict[tuple[str, str], Around]:
    """What was around each of the cases, by trace and step or execution."""
    if not cases:
        return {}
    asked = {
        "trace_ids": sorted({case["trace_id"] for case in cases}),
        "from_ns": min(case["started_ns"] for case in cases) - _LATER_NS,
        "to_ns": max(case["started_ns"] for case in cases) + _EARLIER_NS,
        "limit": _MOST_AROUND,
    }
    traces: dict[tuple[str, str], list[Beat]] = {}
    names = Beat.__struct_fields__
    for row in store.rows("steps_around", asked):
        traces.setdefault((row["workspace"], row["trace_id"]), []).append(Beat(*(row[name] for name in names)))
    found: dict[tuple[str, str], Around] = {}
    for case in cases:
        steps = traces.get((case.get("workspace") or "", case["trace_id"]), [])
        began = case["step_started_ns"] or case["ended_ns"] or case["started_ns"]
        found[_name(case)] = look_around(steps, case["step_id"] or "", case["execution_id"], began)
    return found


def _name(case: Row) -> tuple[str, str]:
    return case["trace_id"], case["step_id"] or case["execution_id"]


def _view(key: _Key, group: _Group, cases: Sequence[Row], around: dict[tuple[str, str], Around]) -> FailureGroup:
    error_type, message, place = key
    seen = [around[_name(case)] for case in cases]
    before = Counter(one.before for one in seen if one.before)
    newest = cases[0] if cases else None
    return FailureGroup(
        group_id=hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest(),
        error_type=error_type,
        message=message,
        example=group.example["example"],
        place=place,
        code_file=group.example["code_file"],
        code_function=group.example["code_function"],
        executions=group.executions,
        executions_weight=group.executions_weight,
        healed=group.healed,
        healed_weight=group.healed_weight,
        statuses=sorted(group.statuses),
        agents=sorted(group.agents)[:_MOST_NAMED],
        versions=sorted(group.versions)[:_MOST_NAMED],
        first_seen=clock.to_rfc3339(group.first_seen_ns),
        last_seen=clock.to_rfc3339(group.last_seen_ns),
        lost_ns=round(group.lost_ns),
        lost_cost_usd=dollars(None if group.lost_usd_nanos is None else round(group.lost_usd_nanos)),
        looked_at=len(seen),
        retried=sum(one.is_retried for one in seen),
        before=list(before.most_common(1)[0][0]) if before else [],
        example_execution_id=None if newest is None else newest["execution_id"],
        example_step_id=None if newest is None else newest["step_id"],
    )


def _ask(store: Engine, given: dict[str, str]) -> FailureGroups:
    return failures_of(store, period_of(given, clock.now_ns()), limit_of(given.get("limit")))


FAILURES = Question(
    name="failures",
    meaning="Errors in groups of like ones: how often, since when, at what cost, where they started, what healed them.",
    view=FailureGroups,
    filters=FAILURE_FILTERS,
    ask=lambda store, pairs: _ask(store, read_given(pairs, FAILURE_FILTERS)),
)
