"""What an execution would have been without the fault that an audit found: which of its spans change, by rule.

A cure says only what recorded spans show. Where a fault is a part of a step that nobody timed by itself, there is none.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from longpole.analysis.advice import Scene
from longpole.analysis.advice_sequence import sequences
from longpole.analysis.notifications import is_notification
from longpole.analysis.repeats import may_write
from longpole.analysis.what_if import Change, Deed
from longpole.model.category import Category

UNBLOCKED = frozenset(("LP002", "LP003"))
"""Rules whose cure lets the loop go on meanwhile; what blocked it takes as long as before."""

AT_ONCE = frozenset(("LP001",))
FEWER_NOTIFICATIONS = frozenset(("LP005",))
FEWER_WRITES = frozenset(("LP006",))
NO_WAITS = frozenset(("LP010", "LP011"))

_QUEUE = Category.QUEUE.value
_DATABASE = Category.DATABASE.value


class Cure(Struct, frozen=True, kw_only=True):
    """What is different without a fault, by positions in a scene.

    `lost_ns` is by how much spans were held up, `gone` are spans that would not be, `together` siblings that would run
    at once.
    """

    lost_ns: Mapping[int, int] = {}
    gone: frozenset[int] = frozenset()
    together: tuple[tuple[int, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lost_ns or self.gone or self.together)


def cure_of(
    scene: Scene,
    rule: str,
    *,
    named: frozenset[str],
    blocks: Sequence[int],
    functions: Sequence[int],
    lost_ns: Mapping[int, int],
) -> Cure:
    """The cure of one finding in one execution; an empty one where nothing recorded would change.

    Args:
        scene: the execution.
        rule: of the finding.
        named: the functions that the finding speaks of, without their modules.
        blocks: spans of category `blocked_loop` at the place.
        functions: spans of the function around it.
        lost_ns: by span, how long it stood still because of the place.
    """
    held_up = {node: lost for node, lost in lost_ns.items() if scene.simulator.has(node)}
    if rule in UNBLOCKED:
        return Cure(lost_ns=held_up)
    if rule in AT_ONCE:
        return Cure(lost_ns=held_up, together=_runs_in(scene, functions, named))
    gone = {node for node in blocks if scene.simulator.has(node)}
    if rule in FEWER_NOTIFICATIONS or rule in FEWER_WRITES:
        gone |= _all_but_one(scene, functions, rule)
    if rule in NO_WAITS:
        gone |= {node for top in functions for node in scene.tree.below(top) if scene.spans[node].category == _QUEUE}
    return Cure(lost_ns=held_up, gone=frozenset(gone))


def changes_of(scene: Scene, cures: Iterable[Cure]) -> list[Change]:
    """All cures at once, as what the simulation tries; what two of them change is changed once."""
    lost: dict[int, int] = {}
    gone: set[int] = set()
    together: dict[tuple[int, ...], None] = {}
    for cure in cures:
        gone |= cure.gone
        together.update(dict.fromkeys(cure.together))
        for node, lost_ns in cure.lost_ns.items():
            lost[node] = lost.get(node, 0) + lost_ns
    faster = [
        Change(deed=Deed.FASTER, nodes=(node,), duration_ns=max(0, scene.duration_ns(node) - lost_ns))
        for node, lost_ns in sorted(lost.items())
        if node not in gone
    ]
    removed = [Change(deed=Deed.REMOVE, nodes=tuple(sorted(gone)))] if gone else []
    return [*removed, *faster, *(Change(deed=Deed.PARALLEL, nodes=nodes) for nodes in together)]


def _runs_in(scene: Scene, functions: Sequence[int], named: frozenset[str]) -> tuple[tuple[int, ...], ...]:
    """Steps right below the function that followed one another; of each run those that the finding names, if it names
    several of them: what stands between them need not be awaited at all."""
    parents = set(functions)
    runs = [run for run in sequences(scene) if scene.tree.parents[run[0]] in parents]
    meant = [[node for node in run if not named.isdisjoint(_names(scene, node))] for run in runs]
    return tuple(tuple(some if len(some) > 1 else run) for some, run in zip(meant, runs, strict=True))


def _names(scene: Scene, node: int) -> tuple[str, str]:
    span = scene.spans[node]
    return span.name, (span.code_function or "").rpartition(".")[2]


def _all_but_one(scene: Scene, functions: Sequence[int], rule: str) -> set[int]:
    """Of the steps right below a function that tell or write the same thing, all but the longest."""
    gone: set[int] = set()
    wants_notifications = rule in FEWER_NOTIFICATIONS
    for top in functions:
        by_label: dict[str, list[int]] = {}
        for node in scene.tree.children[top]:
            span = scene.spans[node]
            tells = is_notification(span)
            writes = not tells and (may_write(span) or (span.category == _DATABASE and span.operation is None))
            if tells if wants_notifications else writes:
                by_label.setdefault(span.label, []).append(node)
        for nodes in by_label.values():
            gone |= {*nodes} - {max(nodes, key=scene.duration_ns)}
    return gone
