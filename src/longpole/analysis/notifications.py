"""Notifications for each item or each change: many small messages where one would tell as much."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from longpole.analysis.span import Span
from longpole.model.category import Category
from longpole.model.tree import Tree

ENOUGH = 10
"""Notifications of one kind from one step, from which it is worth telling."""

_TELLS = re.compile(r"announce|broadcast|emit|notif(?:y|ies|ication|ications)|publish|push|send|websocket|ws")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Plain texts: comparing a text with a member of an enum takes eight times as long.
_TELLING = frozenset(
    category.value
    for category in (Category.PROCESSING, Category.TOOL, Category.AGENT_COMM, Category.QUEUE, Category.HTTP)
)


class Chatter(Struct, frozen=True):
    """Notifications of one name right below one step, by position in order of start."""

    nodes: tuple[int, ...]


def is_notification(span: Span) -> bool:
    """Whether a step tells somebody something, as far as its name says: `notify_user`, `websocket send`."""
    return not span.is_execution and span.category in _TELLING and _names_one(span.label)


def find_chatter(tree: Tree, top: int, spans: Sequence[Span]) -> list[Chatter]:
    """Steps that sent `ENOUGH` notifications of one name or more, in order of the first. Cost: about 1 us a span."""
    groups: dict[tuple[int, str], list[int]] = {}
    for node in tree.below(top):
        if node != top and not spans[node].is_outside and is_notification(spans[node]):
            groups.setdefault((tree.parents[node], spans[node].label), []).append(node)
    found = [sorted(nodes, key=tree.starts.__getitem__) for nodes in groups.values() if len(nodes) >= ENOUGH]
    return [Chatter(tuple(nodes)) for nodes in sorted(found, key=lambda nodes: tree.starts[nodes[0]])]


@lru_cache(4096)
def _names_one(label: str) -> bool:
    return any(_TELLS.fullmatch(word) for word in _words_of(label))


def _words_of(name: str) -> Iterable[str]:
    return (word.lower() for word in _WORDS.findall(name))
