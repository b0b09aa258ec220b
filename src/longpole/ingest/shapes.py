"""Spans that are alike: what the rules say of one is said of the next without asking them again.

A program sends the same few kinds of span over and over. Spans whose attributes have the same names, with values of the
same types, have one *shape*, and a shape knows which of its attributes decide anything: kind, model, agent, operation.
Where these, the span's name and its kind are as they were before, so is the *verdict* of the rules; only ids, times,
counts and contents are the span's own. That takes a third of the time.

Only for plain spans: those that carry events, links or a message, failed, or still run are judged by the rules.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.facts import Facts
from longpole.ingest.names import COPIED, FACT, FAMILY, FIRST_PRESENCE, MCP_METHOD, SOURCE, Names, Reader
from longpole.ingest.span import Span
from longpole.model.status import ExecutionStatus

MOST_SHAPES = 2048
MOST_VERDICTS = 8192
LONGEST_NAMES = 4096
LONGEST_KEY = 2048
_PLAIN_TYPES = frozenset({str, int, float, bool, list, type(None)})
_WITHOUT_SAY = frozenset({"sentence", "stack", "error_message"})  # read where a name is a template, or of a failure
_PRICE_HINTS = ("client_cost", "client_cost_details", "asked_model")
_SUCCESS = ExecutionStatus.SUCCESS.value
_UNKNOWN = object()

_Names = tuple[str, ...]
_Values = Callable[[Mapping[str, Any]], tuple[Any, ...]]


class Verdict(Struct, frozen=True):
    """What the rules say of a span, but for ids, times and counts; `hints` are what its price and recipe need."""

    facts: Facts
    hints: dict[str, Any]


class Shape(Struct, frozen=True):
    """Names of attributes with the types of their values.

    `deciding` takes values out of a span's attributes. `copies` are attribute, field of the facts, and
    reader; `needed` all attributes that are the best source of something, with their readers. `bodies` and `families`
    are those of `Gathered`.
    """

    deciding: _Values
    lists: _Names
    integers: _Names
    copies: tuple[tuple[str, str, Reader], ...]
    contents: tuple[tuple[str, Reader], ...]
    needed: tuple[tuple[str, Reader], ...]
    bodies: dict[str, tuple[int, str]]
    families: dict[str, tuple[int, list[str]]]
    verdicts: dict[tuple[Any, ...], Verdict]

    def facts_of(self, span: Span, verdict: Verdict) -> Facts | None:
        """The facts of a span that is like an earlier one; `None` if a value of its own is unusable."""
        attributes = span.attributes
        started_ns, ended_ns = span.started_ns, span.ended_ns
        facts = replace(
            verdict.facts,
            workspace=span.workspace,
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_span_id=span.parent_span_id,
            started_ns=started_ns,
            ended_ns=ended_ns,
            duration_ns=ended_ns - started_ns if ended_ns > started_ns else 0,
            received_ns=span.received_ns,
        )
        for name, fact, read in self.copies:
            if (value := read(attributes[name])) is None:
                return None
            setattr(facts, fact, value)
        for name, read in self.contents:
            if read(attributes[name]) is None:
                return None
        return facts


class Shapes:
    """The shapes and verdicts that were seen lately. Safe across threads: what is lost is learned again."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._shapes: dict[tuple[_Names, tuple[type, ...]], Shape | None] = {}
        self._verdicts = 0

    def shape_of(self, span: Span) -> Shape | None:
        """The shape of a plain span; `None` for any other, and for attributes that always need a look."""
        if span.events or span.links or span.status_message or not span.ended_ns or "{" in span.name:
            return None
        attributes = span.attributes
        key = tuple(attributes), tuple(map(type, attributes.values()))
        shape = self._shapes.get(key, _UNKNOWN)
        return self._learn(key) if shape is _UNKNOWN else shape  # pyright: ignore[reportReturnType]

    def find(self, shape: Shape, span: Span) -> Verdict | None:
        """What the rules said of such a span."""
        try:
            return shape.verdicts.get(_key_of(shape, span))
        except TypeError:  # a list decides
            return None

    def remember(self, shape: Shape, span: Span, facts: Facts, hints: Mapping[str, Any]) -> None:
        """Keep what the rules said of a span, unless that hangs on more than its shape tells."""
        if facts.status != _SUCCESS or facts.ended_ns is None or "completion_start" in hints:
            return
        if any(read(span.attributes[name]) is None for name, read in shape.needed):
            return  # a lesser source told it
        key = _key_of(shape, span)
        if sum(len(value) for value in key[-1] if type(value) is str) > LONGEST_KEY:
            return
        kept = replace(facts)
        for _, fact, _ in shape.copies:
            setattr(kept, fact, None)
        if self._verdicts >= MOST_VERDICTS:
            self._forget()
        try:
            shape.verdicts[key] = Verdict(kept, {name: hints[name] for name in _PRICE_HINTS if name in hints})
        except TypeError:  # a list decides
            return
        self._verdicts += 1

    def _forget(self) -> None:
        self._shapes = {}
        self._verdicts = 0

    def _learn(self, key: tuple[_Names, tuple[type, ...]]) -> Shape | None:
        names, types = key
        if sum(map(len, names)) > LONGEST_NAMES:
            return None
        if len(self._shapes) >= MOST_SHAPES:
            self._forget()
        shape = self._shapes[key] = self._shape(names, types)
        return shape

    def _shape(self, names: _Names, types: Sequence[type]) -> Shape | None:
        entries = {name: self._names.entries_of(name) for name in names}
        if not _PLAIN_TYPES.issuperset(types) or any(entry[-1] for found in entries.values() for entry in found):
            return None
        best: dict[str, tuple[int, int, str, Reader]] = {}
        families: dict[str, list[str]] = {}
        for name, found in entries.items():
            for role, fact, rank, read, _ in found:
                if fact not in best or rank < best[fact][1]:
                    best[fact] = role, rank, name, read
                    families[fact] = [name]
                elif role == FAMILY and rank == best[fact][1]:
                    families[fact].append(name)
        typed = list(zip(names, types, strict=True))
        copies: list[tuple[str, str, Reader]] = []
        contents: list[tuple[str, Reader]] = []
        deciding: dict[str, None] = {}
        for fact, (role, rank, name, read) in best.items():
            if role == FACT and fact in COPIED:
                copies.append((name, fact, read))
            elif role in (SOURCE, FAMILY) or (fact == "meaning" and rank >= FIRST_PRESENCE and name != MCP_METHOD):
                contents.append((name, read))  # that it is there is all that matters
            elif fact not in _WITHOUT_SAY:
                deciding[name] = None
        return Shape(
            deciding=_values_of(tuple(deciding)),
            lists=tuple(name for name, kind in typed if kind is list),
            integers=tuple(name for name, kind in typed if kind is int),
            copies=tuple(copies),
            contents=tuple(contents),
            needed=tuple((name, read) for _, _, name, read in best.values()),
            bodies={fact: (rank, name) for fact, (role, rank, name, _) in best.items() if role == SOURCE},
            families={fact: (rank, families[fact]) for fact, (role, rank, _, _) in best.items() if role == FAMILY},
            verdicts={},
        )


def _key_of(shape: Shape, span: Span) -> tuple[Any, ...]:
    """What decides about a span of this shape."""
    has_parent = span.parent_span_id is not None
    return span.name, span.kind, span.status_code, has_parent, span.source.scope, shape.deciding(span.attributes)


def _values_of(names: Sequence[str]) -> _Values:
    """What gives the values of these attributes as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return (lambda attributes: (attributes[names[0]],)) if names else (lambda _: ())
