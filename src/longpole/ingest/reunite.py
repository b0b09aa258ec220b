"""One trace that several servers got parts of: before a server settles its part, it takes in what the others stored."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from longpole.ingest.facts import Facts
from longpole.ingest.known_traces import KnownTrace
from longpole.ingest.resend import add_event, is_same_event
from longpole.model.event import Body, Event
from longpole.store.engine import Engine

StoredSpan = tuple[str, str, bool]
"""Trace id and id of a span that is stored, and whether it has ended."""

FindSpans = Callable[[str, Sequence[str]], Iterable[StoredSpan]]
"""Gives the stored spans of some traces of a workspace."""


class Part(Protocol):
    """What a server holds of a trace."""

    facts: dict[str, Facts]
    compared: dict[str, Sequence[str]]
    logs: dict[str, list[Event]]
    strays: list[Event]
    stored_bodies: dict[str, Body]
    is_stored: bool
    tail_weight: float | None


def find_stored_spans(engine: Engine, workspace: str, trace_ids: Sequence[str]) -> list[StoredSpan]:
    """Every stored span of the traces. Cost: one query over their rows, without the columns that are wide."""
    rows = engine.rows("spans_of_traces", {"workspace": workspace, "trace_ids": list(trace_ids)})
    return [(row["trace_id"], row["span_id"], bool(row["has_ended"])) for row in rows]


def tells_more(part: Part, span_id: str, *, has_ended: bool) -> bool:
    """Whether the store has a span that this server has not, or knows the end of one that is open here."""
    mine = part.facts.get(span_id)
    return mine is None or (has_ended and mine.ended_ns is None)


def take_in(part: Part, known: KnownTrace) -> list[Facts]:
    """Add what is stored to what is held, where that tells more; gives the spans that are new here."""
    new: list[Facts] = []
    for span_id, facts in known.facts.items():
        if not tells_more(part, span_id, has_ended=facts.ended_ns is not None):
            continue
        if span_id not in part.facts:
            new.append(facts)
        for event in part.logs.pop(span_id, ()):
            facts = add_event(facts, event) or facts
        part.facts[span_id], part.compared[span_id] = facts, known.compared[span_id]
        if body := known.bodies.get(span_id):
            part.stored_bodies[span_id] = body
    part.strays.extend(
        event for event in known.strays if not any(is_same_event(event, mine) for mine in (*part.strays,))
    )
    part.is_stored = True
    part.tail_weight = part.tail_weight or known.tail_weight
    return new
