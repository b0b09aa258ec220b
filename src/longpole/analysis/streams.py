"""Steps that handle a stream's pieces as they come: recorded beside the stream, though the stream waits for each.

A generator that is recorded as a step lasts until its last piece, and so contains what its reader does between two
pieces. To simulate one of them made faster, what the reader does is put below the stream.
"""

from collections.abc import Sequence
from itertools import islice

from longpole.analysis.critical_path import OVERLAP_NS
from longpole.model.tree import NO_PARENT, Tree, grow_tree

SOON_SHARE = 0.02
"""The first piece is handled within this share of the stream's time after it came, or within 1 ms."""


def adopt_readers(tree: Tree, first_token_ns: Sequence[int | None]) -> tuple[Tree, frozenset[int]]:
    """The tree with readers' steps below their streams, and which spans are such streams.

    Only where it is plain: nothing else overlaps the stream, the steps follow each other within it, and the first one
    begins when the first piece comes.

    Args:
        tree: spans with their times.
        first_token_ns: per span, nanoseconds from its start to its first piece, `None` if it is no stream.
    """
    adopted: dict[int, tuple[int, ...]] = {}
    if not any(wait_ns is not None for wait_ns in first_token_ns):
        return tree, frozenset()
    starts, ends = tree.starts, tree.ends
    for siblings in tree.children:
        latest = None  # the end of what began before
        for node, (place, following) in zip(siblings, enumerate(siblings[1:]), strict=False):
            wait_ns = first_token_ns[node]
            # Most streams are over when the next step begins.
            if wait_ns is not None and starts[following] < ends[node] and (latest is None or latest <= starts[node]):
                readers = _readers(tree, node, siblings, place, wait_ns)
                if readers:
                    adopted[node] = readers
            if latest is None or latest < ends[node]:
                latest = ends[node]
    if not adopted:
        return tree, frozenset()
    stream_of = {reader: stream for stream, readers in adopted.items() for reader in readers}
    parents = [stream_of.get(node, parent) for node, parent in enumerate(tree.parents)]
    above = [None if parent == NO_PARENT else tree.ids[parent] for parent in parents]
    return grow_tree(tree.ids, above, tree.starts, tree.ends), frozenset(adopted)


def _readers(tree: Tree, stream: int, siblings: Sequence[int], place: int, wait_ns: int) -> tuple[int, ...]:
    """The siblings that handle the stream's pieces, in order; none if it is not plain that they do."""
    starts, ends = tree.starts, tree.ends
    begin, end = starts[stream], ends[stream]
    first_piece = begin + wait_ns
    if any(ends[child] > first_piece for child in tree.children[stream]):
        return ()
    found: list[int] = []
    moment = first_piece
    for sibling in islice(siblings, place + 1, None):
        if starts[sibling] >= end:
            break
        if starts[sibling] < moment or ends[sibling] > end:
            return ()
        found.append(sibling)
        moment = ends[sibling]
    soon_ns = max(OVERLAP_NS, round((end - begin) * SOON_SHARE))
    return tuple(found) if found and starts[found[0]] <= first_piece + soon_ns else ()
