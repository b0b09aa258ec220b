"""Where the time of one execution went: own time of every span, shares of wall time, the path, where it failed.

Every moment of an execution belongs to exactly one span: to the one on the critical path, or, where that one does not
work itself but something that nobody waited for runs below it, to that. So the shares sum to the duration exactly.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from heapq import heappush
from operator import attrgetter

from longpole.analysis.critical_path import Stretch, find_critical_path
from longpole.model.category import Category
from longpole.model.tree import NO_PARENT, Tree

UNEXPLAINED = "unexplained"
"""The share of time in which an execution ran and no step says what it did."""

LLM_WAIT = "llm_wait"
"""The share of time between the request to a model and its first token, where that is known."""

PATH_LIMIT = 2000
"""Characters of a path that are kept; its hash covers all of it."""

# Plain texts: comparing a text with a member of an enum costs 0.08 us, with a text 0.01.
_LLM, _HTTP = Category.LLM.value, Category.HTTP.value
_WITHOUT_WORK = (Category.AGENT.value, Category.PROCESSING.value)
_LONGEST_LOOP = 8
_LONGEST_REMEMBERED = 32
_PATH_DEPTH = 3
_REQUEST_DEPTH = 3
_NUMBERS = re.compile(r"\b(?:[0-9a-f]{8,}|\d+)\b")


def measure_self_times(tree: Tree) -> list[int]:
    """Per span the nanoseconds in which it ran and no child of it did, by position; parallel children count once."""
    starts, ends = tree.starts, tree.ends
    own: list[int] = []
    for node, children in enumerate(tree.children):
        end = ends[node]
        covered = 0
        moment = starts[node]
        for child in children:
            child_end = ends[child]
            if child_end > end:
                child_end = end
            child_begin = starts[child]
            if child_begin < moment:
                child_begin = moment
            if child_end > child_begin:
                covered += child_end - child_begin
                moment = child_end
        own.append(max(0, end - starts[node] - covered))
    return own


def split_wall_time(tree: Tree, top: int, path: Sequence[Stretch] | None = None) -> list[Stretch]:
    """The execution at `top` cut into stretches that each belong to one span, in order of time, without gaps.

    Those with `is_critical` are the critical path; the others are background work, during which the span on the path
    only waited. Of several background steps, the one that runs on gets the moment, until it began.

    Args:
        path: the critical path of `top`, if it is known already.
    """
    path = find_critical_path(tree, top) if path is None else path
    owned: dict[int, list[tuple[int, int]]] = {}
    found: list[Stretch] = []
    on_path = {stretch.node for stretch in path}
    waited_for = {node for node in on_path if not tree.children[node] or _waited_for_all(tree, node, on_path)}
    for stretch in path:
        if stretch.node not in waited_for and _may_have_background(tree, stretch):
            owned.setdefault(stretch.node, []).append((stretch.started_ns, stretch.ended_ns))
        else:
            found.append(stretch)
    if not owned:
        return found
    budget = 8 * len(tree) + 1000
    stack = [(node, windows[::-1], True) for node, windows in owned.items()]
    while stack:
        node, windows, is_critical = stack.pop()
        if budget <= 0:  # only hostile trees get here: what is left stays with the nearest parent
            found.extend(Stretch(node, begin, end, is_critical) for begin, end in windows)
            continue
        pieces, own = _hand_down(tree, node, windows)
        found.extend(Stretch(node, begin, end, is_critical) for begin, end in own)
        for child, parts in pieces.items():
            budget -= len(parts)
            stack.append((child, parts, False))
    found.sort(key=attrgetter("started_ns"))
    return found


def _waited_for_all(tree: Tree, node: int, on_path: set[int]) -> bool:
    """Whether the children ran one after the other, each on the path: then none ran while the node did."""
    moment = tree.starts[node]
    for child in tree.children[node]:
        if child not in on_path or tree.starts[child] < moment:
            return False
        moment = tree.ends[child]
    return True


def _may_have_background(tree: Tree, stretch: Stretch) -> bool:
    """Whether a child runs during the stretch; of many children this is not worth the looking."""
    children = tree.children[stretch.node]
    if len(children) > 16:
        return True
    begin, end = stretch.started_ns, stretch.ended_ns
    starts, ends = tree.starts, tree.ends
    return any(starts[child] < end and ends[child] > begin for child in children)


_Windows = list[tuple[int, int]]


def _hand_down(tree: Tree, node: int, windows: _Windows) -> tuple[dict[int, _Windows], _Windows]:
    """Windows of a span's time, the last first, as those during which a child runs (by child) and the rest."""
    pieces: dict[int, _Windows] = {}
    own: _Windows = []
    waiting = sorted(tree.children[node], key=tree.ends.__getitem__)
    running: list[tuple[int, int]] = []
    for begin, end in windows:
        moment = end
        while moment > begin:
            while waiting and tree.ends[waiting[-1]] >= moment:
                child = waiting.pop()
                heappush(running, (tree.starts[child], child))
            if running and running[0][0] < moment:
                start, child = running[0]
                since = max(start, begin)
                pieces.setdefault(child, []).append((since, moment))
            else:
                running.clear()  # the earliest start lies after this moment, so all do
                since = max(tree.ends[waiting[-1]], begin) if waiting else begin
                own.append((since, moment))
            moment = since
    return pieces, own


def share_wall_time(
    tree: Tree,
    top: int,
    *,
    categories: Sequence[str],
    is_execution: Sequence[bool],
    first_token_ns: Sequence[int | None],
    path: Sequence[Stretch] | None = None,
) -> dict[str, int]:
    """Nanoseconds of the execution at `top` per category, largest first; they sum to its duration exactly.

    An agent's own time is `unexplained`: no step says what happened. A model call's time up to its first token is
    `llm_wait`, and the requests that the call consists of are its own time. Shares that are zero are left out.

    Args:
        categories: per span of the tree, a `Category`.
        is_execution: per span of the tree.
        first_token_ns: per span of the tree, nanoseconds from its start to the first token, `None` if unknown.
        path: the critical path of `top`, if it is known already.
    """
    shares: dict[str, int] = {}
    for stretch in split_wall_time(tree, top, path):
        node = stretch.node
        category = categories[node]
        if category == _HTTP:
            node = model_call_of(tree, node, categories)
            category = categories[node]
        if is_execution[node]:
            category = category_of(category, is_execution=True)
        duration_ns = stretch.ended_ns - stretch.started_ns
        wait_ns = first_token_ns[node]
        if wait_ns is not None and category == _LLM:
            waited = min(max(0, tree.starts[node] + wait_ns - stretch.started_ns), duration_ns)
            shares[LLM_WAIT] = shares.get(LLM_WAIT, 0) + waited
            duration_ns -= waited
        shares[category] = shares.get(category, 0) + duration_ns
    known = [(key, value) for key, value in shares.items() if value]
    return dict(sorted(known, key=lambda share: (-share[1], share[0])))


def model_call_of(tree: Tree, node: int, categories: Sequence[str]) -> int:
    """The model call that a request is a part of, by position: `chat` of its `POST`. Any other span is itself."""
    above = node
    for _ in range(_REQUEST_DEPTH):
        if categories[above] != _HTTP or tree.parents[above] == NO_PARENT:
            break
        above = tree.parents[above]
        if categories[above] == _LLM:
            return above
    return node


def category_of(category: str, *, is_execution: bool) -> str:
    """Under which share a span's own time goes: its category, or `unexplained` for an agent's own time."""
    return UNEXPLAINED if is_execution and category in _WITHOUT_WORK else category


def find_failure_origins(
    tree: Tree, *, has_failed: Sequence[bool], errors: Sequence[tuple[str | None, str | None]]
) -> list[int | None]:
    """Per span, where a failure in it came from: the deepest failing span below it, `None` if none failed.

    Of several failing branches, the one whose error is the span's own error wins, else the one that ended first.

    Args:
        has_failed: per span of the tree.
        errors: per span of the tree, its error's type and message.
    """
    origins: list[int | None] = [None] * len(tree)
    for node in reversed(tree.order):
        best: tuple[bool, int, int] | None = None
        for child in tree.children[node]:
            below = origins[child]
            origin = child if below is None and has_failed[child] else below
            if origin is None:
                continue
            is_same = errors[node] != (None, None) and errors[node] in (errors[child], errors[origin])
            key = (not is_same, tree.ends[child], origin)
            if best is None or key[:2] < best[:2]:
                best = key
        origins[node] = None if best is None else best[2]
    return origins


def describe_path(tree: Tree, top: int, labels: Sequence[str], *, is_execution: Sequence[bool]) -> tuple[str, str]:
    """What the execution at `top` did, in order, as text and as a hash that is equal for equal ways.

    Steps in a row are joined by `>`, parallel ones by `|` (sorted, equal ones once), what is below a step is in
    parentheses down to three levels; repeated stretches of up to eight are folded to one, numbers and ids to `#`. So a
    loop of three turns and one of five are the same path. Child executions are named, not entered.

    Returns:
        The path (at most `PATH_LIMIT` characters) and 16 hexadecimal digits.
    """
    nodes = tree.children[top]
    if len(nodes) <= _LONGEST_REMEMBERED and _is_plain(tree, nodes, is_execution):
        return _remembered_path(tuple([labels[node] for node in nodes]))
    return _hashed(_sequence(tree, nodes, labels, is_execution, _PATH_DEPTH))


def _is_plain(tree: Tree, nodes: Sequence[int], is_execution: Sequence[bool]) -> bool:
    """Whether these run one after the other and have nothing below them that a path names."""
    moment = tree.starts[nodes[0]] if nodes else 0
    for node in nodes:
        if tree.starts[node] < moment or (tree.children[node] and not is_execution[node]):
            return False
        moment = tree.ends[node]
    return True


# An agent goes the same few ways again and again.
@lru_cache(1024)
def _remembered_path(labels: tuple[str, ...]) -> tuple[str, str]:
    return _hashed(" > ".join(fold_loops(labels)))


def _hashed(text: str) -> tuple[str, str]:
    return text[:PATH_LIMIT], hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _sequence(tree: Tree, nodes: Sequence[int], labels: Sequence[str], is_execution: Sequence[bool], depth: int) -> str:
    groups: list[set[str]] = []
    group_end = None
    for node in nodes:
        text = labels[node]
        if depth > 1 and tree.children[node] and not is_execution[node]:
            text += f"({_sequence(tree, tree.children[node], labels, is_execution, depth - 1)})"
        if group_end is not None and tree.starts[node] < group_end:
            groups[-1].add(text)
            group_end = max(group_end, tree.ends[node])
        else:
            groups.append({text})
            group_end = tree.ends[node]
    return " > ".join(fold_loops([" | ".join(sorted(group)) for group in groups]))


def name_for_path(name: str) -> str:
    """A span's name with numbers and long hexadecimal words as `#`, so that each run of it has the same."""
    return _NUMBERS.sub("#", name) if any(map(str.isdigit, name)) else name


def fold_loops(labels: Sequence[str]) -> list[str]:
    """The sequence with every stretch of up to eight labels that repeats at once kept a single time.

    >>> fold_loops(["llm", "tool", "llm", "tool", "llm"])
    ['llm', 'tool', 'llm']
    """
    folded = list(labels)
    for length in range(1, _LONGEST_LOOP + 1):
        if 2 * length > len(folded):
            break
        kept: list[str] = []
        for label in folded:
            kept.append(label)
            # The label first, stretches only where it fits: with the break above, a path takes 0.8 us a span, not 1.1.
            if len(kept) >= 2 * length and kept[-1 - length] == label and kept[-length:] == kept[-2 * length : -length]:
                del kept[-length:]
        folded = kept
    return folded
