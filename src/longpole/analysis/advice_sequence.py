"""Opportunities in steps that ran one after the other although none of them needs another."""

from collections.abc import Callable, Collection, Iterator, Sequence

from longpole.analysis.advice import MOST_NAMED, Opportunity, Scene
from longpole.analysis.independence import Judgement, Verdict
from longpole.analysis.waiting import WAITS
from longpole.analysis.what_if import Change, Deed
from longpole.model.category import Category
from longpole.model.finding import Confidence

# Plain texts: comparing a text with a member of an enum takes eight times as long.
_BLOCKED_LOOP = Category.BLOCKED_LOOP.value
ONE_BY_ONE = "sequence.independent_steps"

MOST_SEQUENCES = 12
"""Sequences that are judged in one execution, those with most to save."""

MOST_JUDGED = 6
"""Steps of one sequence of which each pair is judged; of longer ones those next to each other are."""

LEAST_SHARE = 0.01
"""Steps shorter than this share of the execution are not worth running beside another."""

Judge = Callable[[int, int], Judgement]
"""Judges whether the second of two positions needs the first."""

_SURENESS = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


def sequences(scene: Scene, without: Collection[int] = ()) -> list[list[int]]:
    """Siblings each of which followed the one before and that are long enough, those with most to save first.

    Steps that block the event loop are left out: they cannot run beside others as they are. So are those in `without`.
    """
    least_ns = max(1, round(scene.simulator.before_ns * LEAST_SHARE))
    tree, after = scene.tree, scene.simulator.dependencies.after
    starts, ends = tree.starts, tree.ends
    out_of_question = _blocking(scene) | set(without)
    found: list[list[int]] = []
    for node in tree.below(scene.top):
        # The duration first: of many steps nearly all are too short.
        long = [child for child in tree.children[node] if ends[child] - starts[child] >= least_ns]
        run: list[int] = []
        for child in long:
            if child not in out_of_question and _may_run_beside(scene, child):
                if run and after[child] == (run[-1],):
                    run.append(child)
                else:
                    run = [child]
                    found.append(run)
    several = [run for run in found if len(run) > 1]
    return sorted(several, key=lambda run: -_at_most_ns(scene, run))[:MOST_SEQUENCES]


def find_sequence_opportunities(
    scene: Scene, candidates: Sequence[Sequence[int]], judge: Judge
) -> Iterator[Opportunity]:
    """Stretches of the candidates of which no step needs another, as far as is known; see `independence`."""
    for run in candidates:
        members: list[int] = [run[0]]
        judged: list[Judgement] = []
        for node in run[1:]:
            against = [judge(member, node) for member in (members if len(members) < MOST_JUDGED else members[-1:])]
            if all(one.verdict is Verdict.INDEPENDENT for one in against):
                members.append(node)
                judged += against
            else:
                yield from _sequence(scene, members, judged)
                members, judged = [node], []
        yield from _sequence(scene, members, judged)


def _sequence(scene: Scene, members: Sequence[int], judged: Sequence[Judgement]) -> Iterator[Opportunity]:
    if len(members) < 2:
        return
    labels = [scene.spans[node].label for node in members]
    agent = scene.spans[members[0]].agent
    several = _listed(labels)
    total_ns, longest_ns = scene.total_ns(members), max(map(scene.duration_ns, members))
    yield Opportunity(
        rule=ONE_BY_ONE,
        key=f"{agent} {labels[0]} {labels[-1]} {members[0]}",
        title=f"{several} run one after the other in {agent}, and none needs another",
        advice="Run them together, with asyncio.gather or a TaskGroup. First see that the order does not matter for "
        "anything that is not recorded.",
        confidence=min((one.confidence for one in judged), key=_SURENESS.index),
        nodes=tuple(members),
        evidence={
            "labels": labels[:MOST_NAMED],
            "count": len(members),
            "total_ns": total_ns,
            "longest_ns": longest_ns,
            "reasons": list(dict.fromkeys(reason for one in judged for reason in one.reasons))[:5],
        },
        changes=(Change(deed=Deed.PARALLEL, nodes=tuple(members)),),
    )


def _listed(labels: Sequence[str]) -> str:
    names = list(dict.fromkeys(labels))
    counted = [name if labels.count(name) == 1 else f"{labels.count(name)} × {name}" for name in names[:4]]
    if len(names) > 4:
        counted.append(f"{len(names) - 4} others")
    return counted[0] if len(counted) == 1 else f"{', '.join(counted[:-1])} and {counted[-1]}"


def _may_run_beside(scene: Scene, node: int) -> bool:
    """Whether a step does work of its own accord: no wait, no other try, not what becomes of a stream's pieces."""
    span = scene.spans[node]
    return (
        span.category not in WAITS
        and span.attempt in (None, 1)
        and span.error_type is None
        and scene.simulator.tree.parents[node] == scene.tree.parents[node]
    )


def _blocking(scene: Scene) -> set[int]:
    """The spans that block the event loop, and those they are in."""
    found: set[int] = set()
    for node in scene.tree.below(scene.top):
        if scene.spans[node].category == _BLOCKED_LOOP:
            above = node
            while above not in found and above != scene.top:
                found.add(above)
                if scene.spans[above].is_execution:
                    break
                above = scene.tree.parents[above]
    return found


def _at_most_ns(scene: Scene, run: Sequence[int]) -> int:
    return scene.total_ns(run) - max(map(scene.duration_ns, run))
