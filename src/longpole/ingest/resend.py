"""The same span told twice: what is kept when a client sends a span again, with more, less or the same.

Exporters retry, SDKs send a span at its start and again at its end, two pipelines carry the same span. A telling that
adds something replaces; nothing that was known once is forgotten; an identical one changes nothing.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec.structs import replace

from longpole.ingest.facts import Facts
from longpole.ingest.vanished import is_gone, reopen
from longpole.model.event import Body, Decision, Event, EventKind

_TREATED = ("received_ns", "row_version", "events", "decisions")
COMPARED = tuple(name for name in Facts.__struct_fields__ if name not in _TREATED)
"""The fields of `Facts` that say something about the span, beside its events and decisions."""

_of_all = attrgetter(*COMPARED)


def merge_facts(old: Facts, new: Facts, *, compared: Sequence[str] = COMPARED) -> Facts | None:
    """What both tellings say together, or `None` if the new one adds nothing.

    A finished telling wins over an open one, of two open ones the newer, of two finished ones the one that knows more;
    what only the other knows is added. The time of receipt stays, the version grows.

    Args:
        old: what is known.
        new: what came.
        compared: the fields in which a difference counts; fewer if `old` comes from a stored row, which lacks some.
    """
    known = reopen(old) if is_gone(old) else old  # an end that the server made up gives way to anything told
    winner, other = (new, known) if _wins(new, known) else (known, new)
    changes = {
        name: getattr(other, name) for name in COMPARED if getattr(winner, name) is None and name not in _ONLY_ONCE
    }
    events, decisions = _join_events(old.events, new.events), _join_decisions(old.decisions, new.decisions)
    is_changed = (
        any(
            (changes.get(name) if name in changes else getattr(winner, name)) != getattr(old, name) for name in compared
        )
        or _tells_more(events, old.events)
        or len(decisions) != len(old.decisions)
    )
    if not is_changed:
        return None
    return replace(
        winner,
        **changes,
        events=events,
        decisions=decisions,
        received_ns=min(old.received_ns, new.received_ns),
        row_version=max(old.row_version, new.row_version) + 1,
    )


# An end belongs to its telling: an open one has none to give, and a finished one has its own.
_ONLY_ONCE = ("ended_ns", "duration_ns")


def _wins(new: Facts, old: Facts) -> bool:
    if (new.ended_ns is None) != (old.ended_ns is None):
        return old.ended_ns is None
    return new.ended_ns is None or _known_fields(new) >= _known_fields(old)


def _known_fields(facts: Facts) -> int:
    return sum(value is not None for value in _of_all(facts))


def join_body(old: Body | None, new: Body, *, row_version: int) -> Body:
    """The new body, completed by the old one's parts where it has none."""
    if old is None:
        return new if new.row_version == row_version else replace(new, row_version=row_version)
    return replace(
        new,
        input=old.input if new.input is None else new.input,
        output=old.output if new.output is None else new.output,
        error_stack=old.error_stack if new.error_stack is None else new.error_stack,
        attributes=_longer(old.attributes, new.attributes),
        resource=old.resource if new.resource is None else new.resource,
        received_ns=min(old.received_ns, new.received_ns),
        row_version=row_version,
    )


def _longer(old: str | None, new: str | None) -> str | None:
    return old if new is None or (old is not None and len(old) > len(new)) else new


def add_event(facts: Facts, event: Event) -> Facts | None:
    """The span with one more event (a log record that came by itself), or `None` if it has it already."""
    if any(is_same_event(event, known) for known in facts.events):
        return None
    return replace(
        facts,
        events=_join_events(facts.events, [event]),
        row_version=facts.row_version + 1,
    )


def is_same_event(one: Event, other: Event) -> bool:
    """Whether two events of one trace are one event told twice."""
    return _event_key(one) == _event_key(other)


def _event_key(event: Event) -> tuple[str, int, str, str | None, str | None]:
    return event.span_id, event.time_ns, event.name, event.message, event.attributes


def _join_events(old: list[Event], new: list[Event]) -> list[Event]:
    """The events of both, each once, in order of time."""
    if not new or old == new:
        return old
    if not old:
        return new
    events = {_event_key(event): event for event in (*new, *old)}
    kept = _longest_blocks(events.values())
    return sorted(kept, key=lambda event: (event.time_ns, event.event_index, event.name))


def _longest_blocks(events: Iterable[Event]) -> list[Event]:
    """A block of the event loop is told while it lasts and again at its end: of its tellings, the longest."""
    kept: list[Event] = []
    blocks: dict[tuple[str, int], Event] = {}
    for event in events:
        if event.kind != EventKind.BLOCKED:
            kept.append(event)
            continue
        known = blocks.setdefault((event.span_id, event.time_ns), event)
        if (event.duration_ns or 0) > (known.duration_ns or 0):
            blocks[event.span_id, event.time_ns] = event
    return [*kept, *blocks.values()]


def _tells_more(events: list[Event], old: list[Event]) -> bool:
    known = set(map(id, old))
    return len(events) != len(old) or any(id(event) not in known for event in events)


def _join_decisions(old: list[Decision], new: list[Decision]) -> list[Decision]:
    """The decisions of both, each once, in order of time."""
    if not new or old == new:
        return old
    if not old:
        return new
    decisions = {(item.time_ns, item.candidate, item.outcome): item for item in (*new, *old)}
    return sorted(decisions.values(), key=lambda item: (item.time_ns, item.event_index))
