"""Findings about operations that took longer than the settings call acceptable."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from longpole.ingest.stage_findings import finding_id_of
from longpole.model.execution import Execution
from longpole.model.finding import Confidence, Finding
from longpole.model.step import Step

RULE = "threshold.critical_operation"
_MOST_NAMED = 5
_SECOND = 1_000_000_000
_ADVICE = (
    "See whether it can be made faster, run beside others, or be remembered. If this is its usual time, set "
    "`critical_operation_ms` higher."
)


class Thresholds(Struct, frozen=True, kw_only=True):
    """From how many nanoseconds an operation is slow, and critically slow; `None`: none is."""

    slow_ns: int | None = None
    critical_ns: int | None = None


NO_THRESHOLDS = Thresholds()


def find_critical_operations(
    executions: Iterable[Execution], steps: Sequence[Step], thresholds: Thresholds
) -> list[Finding]:
    """One finding for each execution with a step of its own that reached the critical threshold.

    A step whose time is that of a step below it is not named: the innermost is. The five longest are, the others and
    the slow ones are counted.
    """
    limit_ns = thresholds.critical_ns
    if limit_ns is None:
        return []
    slow_ns = limit_ns if thresholds.slow_ns is None else min(thresholds.slow_ns, limit_ns)
    slow = _innermost(steps, slow_ns)
    critical: dict[str, list[Step]] = {}
    for step in _innermost(steps, limit_ns):
        critical.setdefault(step.execution_id, []).append(step)
    rows: Mapping[str, Execution] = {row.execution_id: row for row in executions}
    return [
        _finding(rows[name], found, sum(step.execution_id == name for step in slow) - len(found), limit_ns)
        for name, found in critical.items()
        if name in rows
    ]


def _innermost(steps: Sequence[Step], limit_ns: int) -> list[Step]:
    long = [step for step in steps if (step.duration_ns or 0) >= limit_ns and not step.is_outside]
    above = {(step.trace_id, step.parent_step_id) for step in long}
    return [step for step in long if (step.trace_id, step.step_id) not in above]


def _finding(row: Execution, critical: list[Step], slower: int, limit_ns: int) -> Finding:
    critical = sorted(critical, key=lambda step: (-(step.duration_ns or 0), step.started_ns))
    named, worst = critical[:_MOST_NAMED], critical[0]
    names = ", ".join(f"{step.name} {(step.duration_ns or 0) / _SECOND:.1f} s" for step in named)
    more = f" and {len(critical) - len(named)} more" if len(critical) > len(named) else ""
    count = "An operation" if len(critical) == 1 else f"{len(critical)} operations"
    evidence = {
        "critical_operation_ns": limit_ns,
        "operations": [{"step_id": step.step_id, "name": step.name, "duration_ns": step.duration_ns} for step in named],
        "critical": len(critical),
        "slow": max(slower, 0),
    }
    return Finding(
        workspace=row.workspace,
        finding_id=finding_id_of(RULE, row.execution_id),
        execution_id=row.execution_id,
        rule=RULE,
        title=f"{count} took {limit_ns / _SECOND:g} s or longer: {names}{more}",
        advice=_ADVICE,
        confidence=Confidence.CERTAIN.value,
        evidence=msgspec.json.encode(evidence).decode(),
        code_file=worst.code_file,
        code_line=worst.code_line,
        code_function=worst.code_function,
        raised_ns=row.started_ns if row.ended_ns is None else row.ended_ns,
    )
