"""The same call made again within one execution: with the same arguments, with nothing written in between.

Two calls are the same if their operation and their argument hash are; equivalent if their inputs are once key order,
letter case and white space are left out. A call of something that may have been written to since the first one is no
repeat, nor is a retry after a failure, a call that asks for what changes (`poll_status`, `now`), or one that writes.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from longpole.analysis.nesting import Nesting
from longpole.analysis.span import Span
from longpole.model.category import Category
from longpole.model.finding import Confidence
from longpole.model.tree import Tree

# Plain texts: comparing a text with a member of an enum takes eight times as long.
_LLM = Category.LLM.value
_CALLS = frozenset(
    category.value
    for category in (
        Category.LLM,
        Category.TOOL,
        Category.DATABASE,
        Category.CACHE,
        Category.HTTP,
        Category.RETRIEVAL,
        Category.PROCESSING,
        Category.AGENT,
        Category.AGENT_COMM,
    )
)
_WRITES = re.compile(
    r"add|append|apply|book|charge|commit|create|delete|drop|edit|emit|insert|log|memori[sz]e|merge|notify|patch|pay|post"
    r"|publish|push|put|record|register|remember|remove|replace|save|send|set|store|submit|truncate|update|upload|upsert"
    r"|write"
)
_CHANGING = re.compile(
    r"await|check|clock|date|dequeue|health|heartbeat|next|now|ping|poll|pop|random|receive|sleep|status|time|today|uuid"
    r"|wait"
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TOOL = Category.TOOL.value
_STORES = (Category.DATABASE.value, Category.CACHE.value, Category.RETRIEVAL.value)
_FAILED = frozenset(("failed", "timeout", "crashed"))
_EMPTY = (None, "", "{}", "[]", "null", '{"args":[],"kwargs":{}}')


class Repeat(Struct, frozen=True):
    """Calls that the first of them had answered already, by position in order of start, the first one included.

    `is_same` says whether the arguments are the same to the letter, `has_arguments` whether there are any (`None` is
    unknown), `are_answers_equal` whether all answers were (`None` where they were not recorded).
    """

    nodes: tuple[int, ...]
    is_same: bool
    has_arguments: bool | None
    are_answers_equal: bool | None

    @property
    def confidence(self) -> Confidence:
        """How sure it is that the first answer would have done."""
        if self.are_answers_equal is False:
            return Confidence.LOW
        if self.are_answers_equal and self.is_same and self.has_arguments is not False:
            return Confidence.HIGH
        return Confidence.MEDIUM if self.is_same else Confidence.LOW


def find_repeats(tree: Tree, top: int, spans: Sequence[Span]) -> list[Repeat]:
    """The repeated calls at and below `top`, in order of the first one.

    With texts in `spans` it also finds equivalent calls and compares answers; see `repeat_candidates`. Cost: about 2 us
    a span without texts.
    """
    below = sorted(tree.below(top), key=tree.starts.__getitem__)
    found: list[Repeat] = []
    taken: set[int] = set()
    writes = _Writes(tree, below, spans)
    calls = [node for node in below if node != top and _is_call(spans[node])]
    nesting = Nesting(tree)
    for is_same in (True, False):
        for nodes in _alike(nesting, spans, calls, is_same=is_same):
            for run in _without_writes(tree, spans, nodes, writes):
                if len(run) > 1 and taken.isdisjoint(run[1:]):
                    taken.update(run)
                    found.append(_repeat(spans, run, is_same=is_same))
    return sorted(found, key=lambda repeat: tree.starts[repeat.nodes[0]])


def outermost_repeats(tree: Tree, repeats: Sequence[Repeat]) -> list[Repeat]:
    """Without those that only happened because something around them was repeated, which is what to cure."""
    outer = set(Nesting(tree).outermost([node for repeat in repeats for node in repeat.nodes[1:]]))
    return [repeat for repeat in repeats if not outer.isdisjoint(repeat.nodes[1:])]


def repeat_candidates(tree: Tree, top: int, spans: Sequence[Span]) -> list[int]:
    """The positions whose texts `find_repeats` can use: calls that share their operation with another one."""
    by_operation: dict[tuple[object, ...], list[int]] = {}
    for node in tree.below(top):
        if node != top and _is_call(spans[node]):
            by_operation.setdefault(_operation(spans[node]), []).append(node)
    return sorted(node for nodes in by_operation.values() if len(nodes) > 1 for node in nodes)


def may_write(span: Span) -> bool:
    """Whether a call changes something, as far as its name, operation or method tells."""
    return _names_a_write(span.operation or "", span.label)


def _is_call(span: Span) -> bool:
    if span.category not in _CALLS or span.is_open or span.is_outside:
        return False
    return span.category == _LLM or not (may_write(span) or _names_a_change(span.label))


def _operation(span: Span) -> tuple[object, ...]:
    return span.is_execution, span.category, span.label, span.model


def _alike(nesting: Nesting, spans: Sequence[Span], calls: Sequence[int], *, is_same: bool) -> Iterable[list[int]]:
    """Groups of calls with the same (or an equivalent) input; of one that only passes it on, the outer one."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for node in calls:
        span = spans[node]
        text = span.argument_hash if is_same else span.input
        if text is not None:
            key = text if is_same else _canonical(text)
            groups.setdefault((span.is_execution, span.category, span.label, span.model, key), []).append(node)
    for nodes in groups.values():
        if len(nodes) > 1:
            yield nesting.outermost(nodes)


class _Writes:
    """What was written when, by category."""

    def __init__(self, tree: Tree, below: Sequence[int], spans: Sequence[Span]) -> None:
        self._starts: dict[str, list[int]] = {}
        self._latest_ends: dict[str, list[int]] = {}
        for node in below:  # in order of start
            span = spans[node]
            if span.category != _LLM and may_write(span):
                ends = self._latest_ends.setdefault(span.category, [])
                ends.append(max(tree.ends[node], ends[-1] if ends else 0))
                self._starts.setdefault(span.category, []).append(tree.starts[node])

        self._that_touch: dict[str, list[tuple[list[int], list[int]]]] = {}

    def are_between(self, since: int, until: int, category: str) -> bool:
        """Whether something that calls of a category may read was being written between two moments."""
        known = self._that_touch.get(category)
        if known is None:
            kinds = [kind for kind in _touching(category) if kind in self._starts]
            known = [(self._starts[kind], self._latest_ends[kind]) for kind in kinds]
            self._that_touch[category] = known
        for starts, latest_ends in known:
            before = bisect_left(starts, until)
            if before and latest_ends[before - 1] >= since:
                return True
        return False


def _touching(category: str) -> Iterable[str]:
    """The categories whose writes may change what a call answers: of the same kind of resource, or an agent's tool."""
    if category == _LLM:
        return ()
    if category in _STORES:
        return (*_STORES, _TOOL)
    return {category, _TOOL}


def _without_writes(tree: Tree, spans: Sequence[Span], nodes: Sequence[int], writes: _Writes) -> Iterable[list[int]]:
    """The calls cut where something of their kind was written, and without those that failed."""
    starts, category = tree.starts, spans[nodes[0]].category
    is_written = writes.are_between(starts[nodes[0]], starts[nodes[-1]], category)
    run: list[int] = []
    for node in nodes:
        span = spans[node]
        if is_written and run and writes.are_between(starts[run[0]], starts[node], category):
            yield run
            run = []
        if span.error_type is None and span.status not in _FAILED:
            run.append(node)
    yield run


def _repeat(spans: Sequence[Span], nodes: Sequence[int], *, is_same: bool) -> Repeat:
    first = spans[nodes[0]]
    answers = {_canonical(spans[node].output) for node in nodes}
    return Repeat(
        nodes=tuple(nodes),
        is_same=is_same,
        has_arguments=None if first.input is None else first.input.replace(" ", "") not in _EMPTY,
        are_answers_equal=None if None in answers else len(answers) == 1,
    )


# An execution of many steps has few names.
@lru_cache(4096)
def _names_a_write(operation: str, label: str) -> bool:
    return any(_WRITES.fullmatch(word) for word in _words_of(operation) | _words_of(label))


@lru_cache(4096)
def _names_a_change(label: str) -> bool:
    return any(_CHANGING.fullmatch(word) for word in _words_of(label))


@lru_cache(4096)
def _words_of(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(name))


def _canonical(text: str | None) -> str | None:
    """A text that is equal for equivalent ones: keys sorted, letter case and white space left out."""
    if text is None:
        return None
    try:
        value: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        value = text
    try:
        return msgspec.json.encode(_plain(value), order="sorted").decode()
    except RecursionError:
        return text


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split()).casefold()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
