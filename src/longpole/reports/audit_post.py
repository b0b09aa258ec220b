"""What an audit posts becomes the findings of its program, what it has no more is fixed; and what people say of it."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from longpole.model.audit_finding import AuditFinding
from longpole.model.audit_record import AuditRecord, AuditState
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.finding import Confidence
from longpole.reports.audit_views import AuditPost, AuditPosted, AuditStateChange
from longpole.reports.filter_values import not_one_of
from longpole.store.engine import Engine

MOST_FINDINGS = 20_000
LONGEST_TEXT = 4_000
_ORDER = [confidence.value for confidence in Confidence]  # the surest first


def post_findings(store: Engine, write: Callable[[Batch], None], post: AuditPost, now_ns: int) -> AuditPosted:
    """Keep what an audit found, and note what is gone.

    A finding that somebody accepted stays accepted; one that was fixed and is found again is open again.

    Raises:
        InvalidInput: the program has no name, there are too many findings, or one has no place.
    """
    _check(post)
    known = _records(store, post.workspace, post.program)
    found = {one.fingerprint: one for one in post.findings}
    changed = [_seen(known.get(fingerprint), post, one, now_ns) for fingerprint, one in found.items()]
    gone = [
        replace(record, state=AuditState.FIXED, gone_ns=now_ns, changed_ns=now_ns, state_by=None, state_reason=None)
        for fingerprint, record in known.items()
        if fingerprint not in found and record.state != AuditState.FIXED and _was_looked_for(record, post)
    ]
    if changed or gone:
        write(Batch(records=[*changed, *gone]))
    was_fixed = [one for one in found if one in known and known[one].state == AuditState.FIXED]
    return AuditPosted(
        program=post.program,
        findings=len(found),
        appeared=sum(one not in known for one in found),
        reappeared=len(was_fixed),
        disappeared=len(gone),
    )


def change_state(
    store: Engine, write: Callable[[Batch], None], fingerprint: str, change: AuditStateChange, now_ns: int
) -> AuditPosted:
    """Note what somebody says of a finding, in every program that has it or in the one that is named.

    Said to be fixed, it counts as gone from now on; the next audit that has it opens it again.

    Raises:
        InvalidInput: there is no such state.
        NotFound: nothing has this fingerprint.
    """
    if change.state not in list(AuditState):
        raise not_one_of("state", change.state, list(AuditState))
    mine = [
        one
        for one in _records(store, change.workspace, change.program, fingerprint).values()
        if one.fingerprint == fingerprint
    ]
    if not mine:
        raise NotFound(
            f"There is no finding {fingerprint[:60]!r}. Expected the fingerprint of one. "
            "Look it up with GET /api/audit or 'longpole audit PATH --measured --json'."
        )
    gone_ns = now_ns if change.state == AuditState.FIXED else None
    said = {"state": change.state, "state_by": change.by, "state_reason": change.reason}
    write(Batch(records=[replace(one, gone_ns=gone_ns, changed_ns=now_ns, **said) for one in mine]))
    return AuditPosted(program=mine[0].program, findings=len(mine), appeared=0, reappeared=0, disappeared=0)


def _records(
    store: Engine, workspace: str, program: str | None, fingerprint: str | None = None
) -> dict[str, AuditRecord]:
    rows = store.rows("audit_findings_of", {"workspace": workspace, "program": program})
    records = [msgspec.convert(row, AuditRecord) for row in rows]
    if fingerprint is None:
        return {one.fingerprint: one for one in records}
    return {one.program: one for one in records if one.fingerprint == fingerprint}


def _seen(before: AuditRecord | None, post: AuditPost, found: AuditFinding, now_ns: int) -> AuditRecord:
    """The row of a finding that an audit has now."""
    stays_accepted = before is not None and before.state == AuditState.ACCEPTED
    return AuditRecord(
        workspace=post.workspace,
        program=post.program,
        fingerprint=found.fingerprint,
        rule=found.rule,
        title=found.title[:LONGEST_TEXT],
        message=found.message[:LONGEST_TEXT],
        advice=found.advice[:LONGEST_TEXT],
        confidence=found.confidence.value,
        reasons=msgspec.json.encode([reason[:LONGEST_TEXT] for reason in found.reasons[:50]]).decode(),
        code_file=found.path,
        code_line=found.line,
        code_end_line=max(found.line, found.end_line),
        code_column=found.column,
        code_function=found.function,
        state=AuditState.ACCEPTED if stays_accepted else AuditState.OPEN,
        state_by=before.state_by if before is not None and stays_accepted else None,
        state_reason=before.state_reason if before is not None and stays_accepted else None,
        first_seen_ns=now_ns if before is None else before.first_seen_ns,
        last_seen_ns=now_ns,
        changed_ns=now_ns,
    )


def _was_looked_for(record: AuditRecord, post: AuditPost) -> bool:
    sure_enough = _ORDER.index(record.confidence) <= _ORDER.index(post.min_confidence)
    return sure_enough and (not post.rules or record.rule in post.rules)


def _check(post: AuditPost) -> None:
    if not post.program.strip():
        raise InvalidInput("The audit names no program. Expected what was audited. Add 'program'.")
    if len(post.findings) > MOST_FINDINGS:
        raise InvalidInput(
            f"The audit has {len(post.findings):,} findings. Expected at most {MOST_FINDINGS:,}. "
            "Audit fewer folders at a time, or --select fewer rules."
        )
    _check_places(post.findings)


def _check_places(findings: Sequence[AuditFinding]) -> None:
    for one in findings:
        if not (one.fingerprint and one.path and one.rule and 1 <= one.line < 2**31):
            raise InvalidInput(
                f"A finding of {one.rule[:20]!r} has the place {one.path[:100]!r} line {one.line}. Expected a rule, a "
                "fingerprint, a file and a line from 1 on. Send findings as 'longpole audit --format json' prints them."
            )
