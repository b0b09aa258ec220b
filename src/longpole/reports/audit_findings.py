"""What audits found in the code, joined with what was recorded: which places ran, how often, and what they cost.

A finding of the code says that something may be slow; a recorded execution says what took long. Where both are at the
same place, the saving is what the simulation says that the execution would have been shorter by.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from longpole.model import clock
from longpole.model.audit_record import AuditRecord, AuditState
from longpole.reports.audit_items import item_of
from longpole.reports.audit_measure import Measured, measure
from longpole.reports.audit_simulate import Effect, Simulated, effect_of, simulate
from longpole.reports.audit_verified import verified_of
from longpole.reports.audit_views import AuditedPlace, AuditProgram, AuditReport
from longpole.reports.filter_values import LIMIT, Filter, Pairs, limit_of, not_one_of, read_given
from longpole.reports.numbers import counted, duration_text, share_text
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.store.engine import Engine

AUDIT_FILTERS: tuple[Filter, ...] = (
    *PERIOD_FILTERS,
    Filter(name="program", meaning="Only findings of this audited program.", example="research-team"),
    Filter(name="state", meaning="Only findings in this state: open, accepted or fixed.", example="open"),
    Filter(name="rule", meaning="Only findings of this rule.", example="LP002"),
    LIMIT,
)
"""The filters of `GET /api/audit`; the limit is of findings that were not seen to run, all others are told."""

_STATES = [state.value for state in AuditState]


def audit_of(store: Engine, pairs: Pairs) -> AuditReport:
    """What `GET /api/audit` answers.

    Cost: two scans of the period's executions, the spans of at most 2,000 of them, and up to 240 simulations.

    Raises:
        InvalidInput: a filter is unknown or cannot be read.
    """
    given = read_given(pairs, AUDIT_FILTERS)
    if given.get("state", "open") not in _STATES:
        raise not_one_of("state", given["state"], _STATES)
    period = period_of(given, clock.now_ns())
    asked = {"workspace": given.get("workspace"), "program": given.get("program")}
    records = [msgspec.convert(row, AuditRecord) for row in store.rows("audit_findings_of", asked)]
    wanted = [
        one for one in records if given.get("state", one.state) == one.state and given.get("rule", one.rule) == one.rule
    ]
    return _report(store, period, records, wanted, limit_of(given.get("limit")))


def _report(
    store: Engine, period: Period, records: Sequence[AuditRecord], wanted: Sequence[AuditRecord], limit: int
) -> AuditReport:
    now, before = measure(store, period, wanted), measure(store, _period_before(period), wanted)
    simulated = simulate(store, now, _that_ran(now, AuditState.OPEN))
    savings = {**simulated.each, **simulate(store, now, _that_ran(now, AuditState.ACCEPTED)).each}
    verified = verified_of(store, period, wanted)
    items = [
        item_of(number, now, before, savings=savings.get(number), verified=verified.get(_name(one)), period=period)
        for number, one in enumerate(wanted)
    ]
    ranked = sorted(items, key=_rank)
    seen, not_seen = [one for one in ranked if not _is_unseen(one)], [one for one in ranked if _is_unseen(one)]
    together = _together(now, simulated)
    return AuditReport(
        from_time=period.from_time,
        to_time=period.to_time,
        message=_message(now, seen, len(not_seen), together),
        programs=_programs(records),
        executions=now.sample.whole,
        looked_at=len(now.sample.executions),
        simulated=len(simulated.together),
        saving_ns=None if together is None else together.saving_ns,
        p50_drop=None if together is None else together.p50_drop,
        p95_drop=None if together is None else together.p95_drop,
        not_seen=len(not_seen),
        items=sorted([*seen, *not_seen[:limit]], key=_rank),
    )


def _name(record: AuditRecord) -> tuple[str, str, str]:
    return record.workspace, record.program, record.fingerprint


def _that_ran(measured: Measured, state: AuditState) -> list[int]:
    return [number for number, one in enumerate(measured.findings) if one.state == state and measured.ran[number]]


def _period_before(period: Period) -> Period:
    """The period of the same length that ends where this one begins."""
    scope = period.scope
    from_ns = max(0, scope.from_ns - period.length_ns)
    return Period(scope=replace(scope, from_ns=from_ns, to_ns=max(scope.from_ns, from_ns + 1)))


def _together(now: Measured, simulated: Simulated) -> Effect | None:
    """All open findings of which anybody can tell what they cost, at once."""
    affected = {key for number in simulated.each for key in now.ran[number]}
    agents = {one.agent for one in now.sample.executions if one.key in affected}
    executions = [one for one in now.sample.executions if one.agent in agents]
    return effect_of(executions, affected, {key: ns for key, ns in simulated.together.items() if key in affected})


def _is_unseen(item: AuditedPlace) -> bool:
    return item.state == AuditState.OPEN and item.example_execution_id is None


def _rank(item: AuditedPlace) -> tuple[object, ...]:
    return (
        _STATES.index(item.state),
        item.example_execution_id is None,
        -(item.saving_total_ns or 0),
        item.ran_by in (None, "function"),
        -item.executions * (item.time_p50_ns or 0),
        item.code_file,
        item.code_line,
        item.rule,
        item.fingerprint,
    )


def _programs(records: Sequence[AuditRecord]) -> list[AuditProgram]:
    by_program: dict[str, list[AuditRecord]] = {}
    for record in records:
        by_program.setdefault(record.program, []).append(record)
    return [
        AuditProgram(
            program=program,
            posted=clock.to_rfc3339(max(max(one.last_seen_ns, one.gone_ns or 0) for one in mine)),
            open=sum(one.state == AuditState.OPEN for one in mine),
            accepted=sum(one.state == AuditState.ACCEPTED for one in mine),
            fixed=sum(one.state == AuditState.FIXED for one in mine),
        )
        for program, mine in sorted(by_program.items())
    ]


def _message(now: Measured, seen: Sequence[AuditedPlace], not_seen: int, together: Effect | None) -> str:
    looked_at, whole = len(now.sample.executions), now.sample.whole
    if not now.findings:
        return "No audit has been posted. Post one: longpole audit PATH --measured."
    if not looked_at:
        return f"{counted(not_seen, 'open finding')}, and no execution of this time to hold them against."
    sizes = counted(looked_at, "execution") if looked_at == whole else f"{looked_at:,} of {whole:,} executions"
    ran = sum(item.state == AuditState.OPEN for item in seen)
    were = "was" if not_seen == 1 else "were"
    others = f"; {counted(not_seen, 'other place')} {were} never seen to run" if not_seen else ""
    said = f"{counted(ran, 'place')} of open findings ran in {sizes}{others}."
    if together is None or not together.saving_ns:
        return said
    drop = "" if together.p95_drop is None else f", p95 would drop {share_text(together.p95_drop)}"
    return f"{said} Without all of them at once: {duration_text(together.saving_ns)} less on average{drop}."
