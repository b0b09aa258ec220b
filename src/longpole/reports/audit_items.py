"""One finding of an audit with everything that was measured of it, as a view."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from longpole.analysis.audit_cures import UNBLOCKED
from longpole.analysis.code_places import RanBy
from longpole.model import clock
from longpole.model.audit_record import AuditRecord
from longpole.reports.audit_measure import Key, LookedAt, Measured, Ran
from longpole.reports.audit_simulate import Effect, effect_of, weighted_quantile
from longpole.reports.audit_views import AuditedPlace, AuditTrendPoint, AuditVerified
from longpole.reports.numbers import counted, duration_text, share_text
from longpole.reports.period import Period

POINTS = 8
"""Parts of the period that a trend tells one by one."""


class Times(Struct, frozen=True):
    """In which of its agents' executions a finding's place ran, and how long in each, by what is known best."""

    by: RanBy | None
    executions: Sequence[LookedAt]
    there: Mapping[Key, int]

    @property
    def share(self) -> float | None:
        """The share of the executions in which it ran, weighted."""
        whole = sum(one.weight for one in self.executions)
        return sum(one.weight for one in self.executions if one.key in self.there) / whole if whole else None

    def quantile_ns(self, share: float) -> int | None:
        """A quantile of its time for one execution in which it ran."""
        times = [(self.there[one.key], one.weight) for one in self.executions if one.key in self.there]
        value = weighted_quantile(times, share)
        return None if value is None else round(value)


def times_of(measured: Measured, number: int) -> Times:
    """When and for how long the place of the finding at a position ran."""
    ran = measured.ran[number]
    agents = {one.agent for one in measured.sample.executions if one.key in ran}
    executions = [one for one in measured.sample.executions if one.agent in agents]
    ways = {one.by for one in ran.values() if one.by is not None}
    by = next((way for way in RanBy if way in ways), None)
    there = {key: one.time_ns for key, one in ran.items() if by is not None and one.by is by}
    return Times(by, executions, there)


def item_of(
    number: int,
    now: Measured,
    before: Measured,
    *,
    savings: Mapping[Key, int] | None,
    verified: AuditVerified | None,
    period: Period,
) -> AuditedPlace:
    """The view of the finding at a position; `savings` are those that were simulated."""
    record, ran = now.findings[number], now.ran[number]
    times, times_before = times_of(now, number), times_of(before, number)
    effect = None if savings is None else effect_of(times.executions, ran, savings)
    return AuditedPlace(
        fingerprint=record.fingerprint,
        program=record.program,
        rule=record.rule,
        title=record.title,
        message=record.message,
        advice=record.advice,
        confidence=record.confidence,
        reasons=msgspec.json.decode(record.reasons, type=list[str]),
        code_file=record.code_file,
        code_line=record.code_line,
        code_end_line=record.code_end_line,
        code_function=record.code_function,
        state=record.state,
        state_by=record.state_by,
        state_reason=record.state_reason,
        first_seen=clock.to_rfc3339(record.first_seen_ns),
        last_seen=clock.to_rfc3339(record.last_seen_ns),
        gone=None if record.gone_ns is None else clock.to_rfc3339(record.gone_ns),
        evidence=evidence_of(record, ran, times, effect, len(now.sample.executions)),
        ran_by=None if times.by is None else times.by.value,
        agents=_agents(times.executions, ran),
        executions=len(times.there),
        share=times.share,
        time_p50_ns=times.quantile_ns(0.5),
        time_p95_ns=times.quantile_ns(0.95),
        saving_ns=None if effect is None else effect.saving_ns,
        saving_total_ns=None if effect is None else round(effect.saving_ns * effect.affected_weight * _scale(now)),
        p50_drop=None if effect is None else effect.p50_drop,
        p95_drop=None if effect is None else effect.p95_drop,
        simulated=0 if savings is None else len(savings),
        share_before=times_before.share,
        time_p50_before_ns=times_before.quantile_ns(0.5),
        trend=_trend(times, period) if ran else [],
        example_execution_id=_example(ran),
        verified=verified,
    )


def evidence_of(
    record: AuditRecord, ran: Mapping[Key, Ran], times: Times, effect: Effect | None, looked_at: int
) -> str:
    """What was measured, in a sentence.

    Args:
        record: the finding.
        ran: what is known of it, by execution.
        times: likewise, added up.
        effect: of its cure, if it was simulated.
        looked_at: how many executions were held against it.
    """
    place = f"{record.rule} {record.code_file}:{record.code_line}"
    if not ran:
        return f"{place} was not seen to run in {counted(looked_at, 'execution')}."
    if times.by is None:
        waited = duration_text(sum(one.waited_ns for one in ran.values()) / len(ran))
        said = f"{place} kept {counted(len(ran), 'execution')} waiting, {waited} each"
    else:
        time = duration_text(times.quantile_ns(0.5))
        often = f"{share_text(times.share)} of {counted(len(times.executions), 'execution')}"
        if times.by is RanBy.FUNCTION:
            said = f"the function around {place} ran {time} per execution in {often}"
        elif record.rule in UNBLOCKED:
            said = f"{place} blocked the loop {time} per execution in {often}"
        else:
            said = f"{place} took {time} per execution in {often}"
    return f"{said}{_gain(times, effect)}."


def _gain(times: Times, effect: Effect | None) -> str:
    if effect is None:
        return "; which part of that is its own, nobody timed" if times.by is RanBy.FUNCTION else ""
    if not effect.saving_ns:
        return ", and kept nothing of these waiting"
    drop = "" if effect.p95_drop is None else f", p95 would drop {share_text(effect.p95_drop)}"
    return f"; without it {duration_text(effect.saving_ns)} less on average{drop}"


def _scale(measured: Measured) -> float:
    """For how many each execution that was looked at stands, beside its own weight."""
    weight = sum(one.weight for one in measured.sample.executions)
    return measured.sample.whole_weight / weight if weight else 0.0


def _agents(executions: Iterable[LookedAt], ran: Mapping[Key, Ran]) -> list[str]:
    """The agents in which it ran, the one with most time first."""
    times: dict[str, int] = {}
    for one in executions:
        if one.key in ran:
            times[one.agent] = times.get(one.agent, 0) + ran[one.key].time_ns + ran[one.key].waited_ns
    return sorted(times, key=lambda agent: (-times[agent], agent))


def _trend(times: Times, period: Period) -> list[AuditTrendPoint]:
    part_ns = max(1, period.length_ns // POINTS)
    points: list[AuditTrendPoint] = []
    for number in range(POINTS):
        from_ns = period.scope.from_ns + number * part_ns
        to_ns = period.scope.to_ns if number == POINTS - 1 else from_ns + part_ns
        inside = [one for one in times.executions if from_ns <= one.started_ns < to_ns]
        ran = [times.there[one.key] for one in inside if one.key in times.there]
        mean_ns = round(sum(ran) / len(ran)) if ran else None
        points.append(
            AuditTrendPoint(from_time=clock.to_rfc3339(from_ns), executions=len(inside), ran=len(ran), mean_ns=mean_ns)
        )
    return points


def _example(ran: Mapping[Key, Ran]) -> str | None:
    """The execution in which it took longest."""
    if not ran:
        return None
    return max(sorted(ran), key=lambda key: (ran[key].by is not None, ran[key].time_ns, ran[key].waited_ns))[1]
