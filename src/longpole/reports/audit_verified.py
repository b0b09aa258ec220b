"""Whether executions became shorter when a finding went: those before the audit without it, and those since."""

from collections.abc import Sequence

from msgspec.structs import replace

from longpole.analysis.two_samples import FEWEST, Difference, Histogram, Sums, compare_means, compare_quantiles, counted
from longpole.model.audit_record import AuditRecord, AuditState
from longpole.model.buckets import bucket_duration_ns
from longpole.reports.audit_items import times_of
from longpole.reports.audit_measure import Measured, measure
from longpole.reports.audit_views import AuditVerified
from longpole.reports.numbers import duration_text
from longpole.reports.period import Period
from longpole.reports.set_comparison import change_of, histogram_of
from longpole.reports.together import rows_together
from longpole.store.engine import Engine

MOST_AUDITS = 10
"""Audits after which findings were gone that are looked at, the newest first."""

Name = tuple[str, str, str]
"""Workspace, program and fingerprint."""


def verified_of(store: Engine, period: Period, records: Sequence[AuditRecord]) -> dict[Name, AuditVerified]:
    """By finding that is gone, what became of the agent in which it had run. The time before is as long as the period.

    Cost: for each audit, what measuring a period costs, and two scans of each agent's executions.
    """
    by_audit: dict[int, list[AuditRecord]] = {}
    for record in records:
        if record.state == AuditState.FIXED and record.gone_ns is not None:
            by_audit.setdefault(record.gone_ns, []).append(record)
    found: dict[Name, AuditVerified] = {}
    for gone_ns in sorted(by_audit, reverse=True)[:MOST_AUDITS]:
        gone = by_audit[gone_ns]
        scope = replace(period.scope, from_ns=max(0, gone_ns - period.length_ns), to_ns=gone_ns)
        measured = measure(store, Period(scope=scope), gone)
        asked: dict[tuple[str, str], AuditVerified] = {}
        for number, record in enumerate(gone):
            agent = _agent_of(measured, number)
            if agent is None:
                continue
            place = (record.workspace, agent)
            if place not in asked:
                asked[place] = _compared(store, period, record.workspace, agent, gone_ns)
            found[record.workspace, record.program, record.fingerprint] = asked[place]
    return found


def mean_sums(histogram: Histogram) -> Sums:
    """Weighted sums of durations in nanoseconds, each within 1 %."""
    total = squares = weight = square_weight = 0.0
    for bucket, one in histogram.items():
        duration_ns = bucket_duration_ns(bucket)
        weight += one.weight
        square_weight += one.square_weight
        total += duration_ns * one.weight
        squares += duration_ns * duration_ns * one.weight
    return Sums(round(counted(histogram)), weight, square_weight, total, squares)


def _agent_of(measured: Measured, number: int) -> str | None:
    """The agent in which the place took most time before it went."""
    ran = measured.ran[number]
    spent: dict[str, int] = {}
    for one in times_of(measured, number).executions:
        if one.key in ran:
            spent[one.agent] = spent.get(one.agent, 0) + ran[one.key].time_ns + ran[one.key].waited_ns
    return max(sorted(spent), key=spent.__getitem__, default=None)


def _compared(store: Engine, period: Period, workspace: str, agent: str, gone_ns: int) -> AuditVerified:
    asked = {
        "agent": agent,
        "workspace": workspace,
        "environment": period.scope.environment,
        "version": None,
        "execution_id": None,
    }
    before, after = rows_together(
        store,
        ("compared_executions", {**asked, "from_ns": max(0, gone_ns - period.length_ns), "to_ns": gone_ns}),
        ("compared_executions", {**asked, "from_ns": gone_ns, "to_ns": max(period.scope.to_ns, gone_ns)}),
    )
    a, b = histogram_of(before), histogram_of(after)
    mean = compare_means(mean_sums(a), mean_sums(b))
    is_verified = mean.is_certain and mean.change is not None and mean.change < 0
    return AuditVerified(
        agent=agent,
        before=round(counted(a)),
        after=round(counted(b)),
        mean_ns=change_of(mean),
        p95_ns=change_of(compare_quantiles(a, b, 0.95)),
        is_verified=is_verified,
        message=_message(agent, mean, round(counted(a)), round(counted(b))),
    )


def _message(agent: str, mean: Difference, before: int, after: int) -> str:
    if mean.change is None:
        return (
            f"not verified yet: {before:,} executions of {agent} before and {after:,} since; "
            f"{FEWEST} on each side are needed"
        )
    ends = [None if end is None else duration_text(end) for end in (mean.low, mean.high)]
    interval = f"interval {ends[0] or 'unknown'} to {ends[1] or 'unknown'}"
    sizes = f"{before:,} executions of {agent} before, {after:,} since"
    said = f"{duration_text(mean.change)} on average, {interval} (95 %), {sizes}"
    if not mean.is_certain:
        return f"not verified: {said}"
    return f"verified: {said}" if mean.change < 0 else f"slower since: {said}"
