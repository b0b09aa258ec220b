"""Work that goes round and round: loops without progress, agents that call themselves, a query for each item."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from operator import eq

from msgspec import Struct

from longpole.analysis.repeats import may_write
from longpole.analysis.span import Span
from longpole.model.category import Category
from longpole.model.tree import Tree

# Plain texts: comparing a text with a member of an enum takes eight times as long.
_LLM = Category.LLM.value
LONGEST_ROUND = 8
"""Steps in one turn of a loop, at most."""

ENOUGH_TURNS = 4
"""Turns with the same arguments from which a loop makes no progress; a retry or two is no loop."""

ENOUGH_DEPTH = 5
"""How often an agent has to stand below itself before that is told."""

ENOUGH_QUERIES = 5
"""Queries for single items from which one query for all is worth telling."""

_QUERIES = frozenset(
    category.value for category in (Category.DATABASE, Category.HTTP, Category.CACHE, Category.RETRIEVAL, Category.TOOL)
)
_CALLS = _QUERIES | {_LLM}


class Loop(Struct, frozen=True):
    """Turns of one execution that did the same with the same arguments: the positions of each turn's calls."""

    turns: tuple[tuple[int, ...], ...]


class QueryForEach(Struct, frozen=True):
    """One kind of query, sent for item after item, one at a time, in order of start."""

    nodes: tuple[int, ...]


def find_loops(tree: Tree, top: int, spans: Sequence[Span]) -> list[Loop]:
    """Loops of at most `LONGEST_ROUND` calls that ran `ENOUGH_TURNS` times or more with the same arguments.

    Looks at the outermost calls of each execution in order of start, whatever groups them. A model is asked with more
    each time, so its arguments do not count; those of at least one other call must be known. Cost: about 1 us a span.
    """
    nodes: list[int] = []
    keys: list[int] = []
    has_arguments: list[bool] = []
    for calls in _outermost_calls(tree, top, spans):
        if len(calls) < ENOUGH_TURNS:
            continue
        calls.sort(key=tree.starts.__getitem__)
        known: dict[tuple[str, str, str | None], int] = {}
        first = len(keys)  # keys of different executions differ, so that no turn goes on into the next one
        for node in calls:
            span = spans[node]
            arguments = None if span.category == _LLM else span.argument_hash
            keys.append(first + known.setdefault((span.category, span.label, arguments), len(known)))
            has_arguments.append(arguments is not None)
        nodes += calls
    return [
        Loop(tuple(tuple(nodes[at + turn * length : at + (turn + 1) * length]) for turn in range(turns)))
        for at, length, turns in _rounds(keys, has_arguments)
    ]


def find_recursion(tree: Tree, top: int, spans: Sequence[Span]) -> list[tuple[int, ...]]:
    """Chains of executions of one agent, each below the one before, `ENOUGH_DEPTH` or more; the outermost first.

    Of several branches the deepest is told.
    """
    owners = _owners(tree, top, spans)
    path: list[int] = []  # the executions from the top to this one
    chains: dict[str, list[int]] = {}  # the same by agent
    above: dict[int, int] = {}
    deepest: dict[int, tuple[int, int]] = {}  # by the outermost of a chain, its length and its end
    for node in tree.below(top):
        if not spans[node].is_execution:
            continue
        while path and path[-1] != owners[tree.parents[node]]:
            chains[spans[path.pop()].agent].pop()
        path.append(node)
        chain = chains.setdefault(spans[node].agent, [])
        chain.append(node)
        if len(chain) > 1:
            above[node] = chain[-2]
            if len(chain) > deepest.get(chain[0], (0, 0))[0]:
                deepest[chain[0]] = (len(chain), node)
    return [_chain(above, last) for length, last in deepest.values() if length >= ENOUGH_DEPTH]


def find_queries_for_each(tree: Tree, top: int, spans: Sequence[Span]) -> list[QueryForEach]:
    """Reading queries of one operation, `ENOUGH_QUERIES` or more with arguments of their own, one after the other.

    They belong to one execution and stand at one depth: directly in a loop, or each in a step of its own.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    depths: dict[int, int] = {}  # of spans that have others below them, from 1
    for node in tree.below(top):
        span, depth = spans[node], depths.get(tree.parents[node], 0)
        if tree.children[node]:
            depths[node] = depth + 1
        if span.category in _QUERIES and span.argument_hash and not span.is_outside and not may_write(span):
            key = (span.execution_id, depth, span.category, span.label, span.operation)
            groups.setdefault(key, []).append(node)
    found: list[QueryForEach] = []
    for nodes in groups.values():
        nodes.sort(key=tree.starts.__getitem__)
        run = _one_at_a_time(tree, nodes)
        if len({spans[node].argument_hash for node in run}) >= ENOUGH_QUERIES:
            found.append(QueryForEach(tuple(run)))
    return found


def _owners(tree: Tree, top: int, spans: Sequence[Span]) -> dict[int, int]:
    """By span that has others below it, the execution it belongs to, itself if it is one, at the top at the latest."""
    found = {top: top}
    for node in tree.below(top):
        if tree.children[node] and node != top:
            found[node] = node if spans[node].is_execution else found[tree.parents[node]]
    return found


def _outermost_calls(tree: Tree, top: int, spans: Sequence[Span]) -> Iterable[list[int]]:
    """By execution its calls that are not inside another call."""
    owners = _owners(tree, top, spans)
    found: dict[int, list[int]] = {}
    is_within: set[int] = {top} if spans[top].category in _CALLS else set()  # whether what is below a span is in a call
    for node in tree.below(top):
        if node == top:
            continue
        span, parent = spans[node], tree.parents[node]
        is_call = span.category in _CALLS
        is_inside = parent in is_within and not span.is_execution
        if (is_call or span.is_execution) and not is_inside and not span.is_outside:
            found.setdefault(owners[parent], []).append(node)
        if (is_call or is_inside) and tree.children[node]:
            is_within.add(node)
    return found.values()


def _rounds(keys: Sequence[int], has_arguments: Sequence[bool]) -> Iterator[tuple[int, int, int]]:
    """Where loops begin, the length of a turn, and how many there are.

    Args:
        keys: equal for equal calls.
        has_arguments: per call.
    """
    end = 0
    for at in _possible_beginnings(keys, has_arguments):
        if at >= end:
            length, turns = _best_round(keys, has_arguments, at)
            end = at + length * turns
            yield at, length, turns


def _possible_beginnings(keys: Sequence[int], has_arguments: Sequence[bool]) -> list[int]:
    """The places from which on a turn of some length with an argument in it goes round often enough.

    Found for all places at once, 1 to 3 us a call: one by one they take 5 us. Without numpy, because who only asks a
    server has it not.
    """
    arguments = [0, *accumulate(has_arguments)]
    found: set[int] = set()
    for length in range(1, LONGEST_ROUND + 1):
        needed = length * (ENOUGH_TURNS - 1)
        equal = bytes(map(eq, keys, islice(keys, length, None)))
        for run in re.finditer(rb"\x01{%d,}" % needed, equal):
            places = range(run.start(), run.end() - needed + 1)
            found.update(at for at in places if arguments[at + length] > arguments[at])
    return sorted(found)


def _best_round(keys: Sequence[int], has_arguments: Sequence[bool], at: int) -> tuple[int, int]:
    """Length and number of the turns that begin here; the shortest turn that goes round most often."""
    best = (1, 0)
    for length in range(1, LONGEST_ROUND + 1):
        if not any(has_arguments[at : at + length]):
            continue
        turn, turns = keys[at : at + length], 1
        while turn == keys[at + turns * length : at + (turns + 1) * length]:
            turns += 1
        if turns >= ENOUGH_TURNS and length * turns > best[0] * best[1]:
            best = (length, turns)
    return best


def _chain(above: Mapping[int, int], last: int) -> tuple[int, ...]:
    """The way down to the last one."""
    found = [last]
    while found[-1] in above:
        found.append(above[found[-1]])
    return tuple(reversed(found))


def _one_at_a_time(tree: Tree, nodes: Sequence[int]) -> list[int]:
    """Those that began after the one before had ended."""
    run: list[int] = []
    for node in nodes:
        if not run or tree.starts[node] >= tree.ends[run[-1]]:
            run.append(node)
    return run
