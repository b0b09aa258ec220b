"""What the book of traces holds of one trace, and of traces that links join."""

from collections.abc import Collection, Iterator, Sequence

from longpole.ingest.facts import Facts
from longpole.ingest.resend import add_event, is_same_event, join_body
from longpole.ingest.settle import Rows
from longpole.model.event import Body, Event

Key = tuple[str, str]
"""Workspace and trace id."""


class OpenTrace:
    """One trace: its spans, and what waits to be written of them."""

    __slots__ = (
        "bodies",
        "body_hashes",
        "compared",
        "counted",
        "facts",
        "group",
        "is_stored",
        "key",
        "logs",
        "processes",
        "stored_bodies",
        "strays",
        "tail_weight",
    )

    def __init__(self, key: Key, group: "Group") -> None:
        self.key = key
        self.group = group
        self.facts: dict[str, Facts] = {}
        self.compared: dict[str, Sequence[str]] = {}  # of spans that came from the store
        self.counted: Collection[str] = ()  # the spans that `ActivityCount` knows, or an earlier server did
        self.logs: dict[str, list[Event]] = {}  # of spans that have not come yet
        self.strays: list[Event] = []  # log records of no span
        self.bodies: dict[str, Body] = {}  # not written yet
        self.body_hashes: dict[str, int] = {}
        self.stored_bodies: dict[str, Body] = {}  # of a trace that was brought back
        self.is_stored = False
        self.processes: set[str] = set()  # those of which something was open
        self.tail_weight: float | None = None  # how many such traces it stands for, once that is decided


class Group:
    """Traces that links join. `unsaved_since` is the number of the oldest request that is not safe in the store yet."""

    __slots__ = (
        "changed_ns",
        "is_leaving",
        "is_on_its_way",
        "is_settled",
        "next_publish_ns",
        "next_save_ns",
        "rows",
        "span_count",
        "traces",
        "unsaved_ns",
        "unsaved_since",
    )

    def __init__(self, now_ns: int) -> None:
        self.traces: list[OpenTrace] = []
        self.span_count = 0
        self.rows: Rows | None = None  # as of the last change, or None if they must be built again
        self.changed_ns = now_ns
        self.unsaved_since: int | None = None
        self.unsaved_ns = 0
        self.next_publish_ns = 0
        self.next_save_ns = 0
        self.is_leaving = False
        self.is_settled = True  # as far as it is stored
        self.is_on_its_way = False  # in a durable batch that is not written yet

    def set_back(self, now_ns: int) -> None:
        """The clock was set back to this time: nothing has happened later, and nothing waits for later than now."""
        self.changed_ns = min(self.changed_ns, now_ns)
        self.unsaved_ns = min(self.unsaved_ns, now_ns)
        self.next_publish_ns = min(self.next_publish_ns, now_ns)
        self.next_save_ns = min(self.next_save_ns, now_ns)


def decided_weight(group: Group) -> float | None:
    """The weight that tail sampling has given to a trace of the group, if it has to any."""
    return next((trace.tail_weight for trace in group.traces if trace.tail_weight is not None), None)


def add_log(trace: OpenTrace, event: Event) -> bool:
    """Whether the log record is new."""
    facts = trace.facts.get(event.span_id)
    if facts is not None:
        richer = add_event(facts, event)
        if richer is not None:
            trace.facts[event.span_id] = richer
        return richer is not None
    if any(is_same_event(event, known) for known in strays_of(trace)):
        return False
    if event.span_id:
        trace.logs.setdefault(event.span_id, []).append(event)
    else:
        trace.strays.append(event)
    return True


def strays_of(trace: OpenTrace) -> Iterator[Event]:
    """The log records of the trace that belong to no span that is here."""
    yield from trace.strays
    for logs in trace.logs.values():
        yield from logs


def is_news(trace: OpenTrace, span_id: str, body: Body | None) -> bool:
    """Whether the body differs from the last one that came in this book, or tells more than the stored one.

    A stored span whose body is not kept any more has no news.
    """
    if body is None:
        return False
    known = trace.body_hashes.get(span_id)
    if known is not None:
        return known != hash_body(body)
    stored = trace.stored_bodies.get(span_id)
    if stored is not None:
        return hash_body(join_body(stored, body, row_version=0)) != hash_body(stored)
    return span_id not in trace.compared


def hash_body(body: Body) -> int:
    """A number that differs where the bodies do, nearly always."""
    return hash((body.input, body.output, body.error_stack, body.attributes, body.resource))
