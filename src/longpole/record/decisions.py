"""Decisions: who was considered, with which score, and what came of it. They tell why an agent did not run."""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from longpole.model.stage import ExecutionStage
from longpole.model.status import ExecutionStatus
from longpole.record.current import SITE, Record
from longpole.record.more import STATUS, add_event, put
from longpole.record.stages import complete_stage, stage_of
from longpole.wire import longpole_names as names

RESPOND, CHOSEN, BELOW_THRESHOLD, PASSED_OVER = "respond", "chosen", "below_threshold", "passed_over"
MOST_CANDIDATES = 1000
Candidates = Mapping[str, float | None] | Iterable[str | tuple[str, float | None] | Mapping[str, Any]]


def note_decision(
    record: Record,
    candidate: str,
    score: float | None,
    threshold: float | None,
    outcome: str | None,
    reason: str | None,
) -> None:
    """Notes one candidate on an execution."""
    attributes = {
        "candidate": candidate,
        "considered": True,
        "score": score,
        "threshold": threshold,
        "outcome": None if outcome is None else str(outcome),
        "reason": reason,
    }
    add_event(record, names.EVENT_DECISION, attributes)


def note_should_respond(
    record: Record, should: bool, confidence: float | None, threshold: float | None, reason: str | None
) -> None:
    """Notes an agent's decision about itself; if it should not respond, the execution is `skipped`.

    The stage SHOULD_RESPOND is over by it, if the execution is in it.
    """
    outcome = RESPOND if should else ExecutionStatus.SKIPPED
    note_decision(record, record[SITE].agent, confidence, threshold, outcome, reason)
    if not should:
        put(record, STATUS, ExecutionStatus.SKIPPED)
    entered = stage_of(record)
    if entered is not None and entered.name == ExecutionStage.SHOULD_RESPOND:
        complete_stage(record)


def note_choice(
    record: Record,
    candidates: Candidates,
    threshold: float | None,
    chosen: str | Collection[str] | None,
    reason: str | None,
) -> None:
    """Notes every candidate of one choice; those not chosen are below the threshold, or passed over.

    The reason is that of the whole choice, unless a candidate brings its own; so it may an outcome, such as "blocked".
    """
    taken = {chosen} if isinstance(chosen, str) else {str(name) for name in chosen or ()}
    for name, score, own_reason, own_outcome in _listed(candidates):
        outcome = own_outcome
        if outcome is None and name in taken:
            outcome = CHOSEN
        elif outcome is not None:
            outcome = str(outcome)
        elif score is not None and threshold is not None and score < threshold:
            outcome = BELOW_THRESHOLD
        elif chosen is not None:
            outcome = PASSED_OVER
        note_decision(record, name, score, threshold, outcome, own_reason or reason)


def _listed(candidates: Any) -> Iterable[tuple[str, float | None, str | None, str | None]]:
    """Name, score, own reason and own outcome ("blocked", say) of each, however they were written down."""
    if isinstance(candidates, Mapping):
        candidates = candidates.items()
    elif isinstance(candidates, str):
        candidates = [candidates]
    for candidate in islice(candidates, MOST_CANDIDATES):
        if isinstance(candidate, Mapping):
            name = next((candidate[key] for key in ("candidate", "agent", "name") if key in candidate), "")
            yield str(name), candidate.get("score"), candidate.get("reason"), candidate.get("outcome")
        elif isinstance(candidate, tuple):
            yield str(candidate[0]), candidate[1], None, None
        else:
            yield str(candidate), None, None, None
