"""What agents did beside their work: failed and were gone on without, decided against it, or were never called."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from longpole.analysis.advice import Opportunity, Scene
from longpole.model.finding import Confidence
from longpole.model.tree import NO_PARENT

FAILED_AGENT = "agents.failed"
SKIPPED_AGENT = "agents.skipped"
NEVER_CALLED = "agents.never_called"

_FAILED = frozenset(("failed", "timeout", "crashed"))


class Refusal(Struct, frozen=True):
    """A decision against doing something, with who it was about."""

    agent: str
    score: float | None = None
    threshold: float | None = None
    reason: str | None = None


def find_agent_opportunities(
    scene: Scene, refusals: Iterable[Refusal], never_called: Iterable[str]
) -> Iterator[Opportunity]:
    """Agents that failed while their caller went on, that decided against their work, and that were never called.

    Args:
        scene: the execution.
        refusals: the decisions that were made in it, as far as they said no.
        never_called: agents of the same program that are registered and have never run.
    """
    said_no = {refusal.agent: refusal for refusal in refusals}
    failed: dict[tuple[str, str], list[int]] = {}
    skipped: dict[str, list[int]] = {}
    for node in scene.tree.below(scene.top):
        span = scene.spans[node]
        if not span.is_execution or node == scene.top:
            continue
        if span.status == "skipped":
            skipped.setdefault(span.agent, []).append(node)
        elif span.status in _FAILED and not _fails_above(scene, node):
            failed.setdefault((span.agent, span.error_type or span.status), []).append(node)
    for (agent, error), nodes in failed.items():
        yield _failure(scene, agent, error, nodes)
    for agent, nodes in skipped.items():
        yield _skip(agent, nodes, said_no.get(agent))
    for agent in sorted(set(never_called)):
        yield _never_called(scene, agent)


def _fails_above(scene: Scene, node: int) -> bool:
    """Whether the failure went on to the execution that called it, which then tells it."""
    above = scene.tree.parents[node]
    while above != NO_PARENT:
        if scene.spans[above].is_execution:
            return scene.spans[above].status in _FAILED
        if above == scene.top:
            return False
        above = scene.tree.parents[above]
    return False


def _failure(scene: Scene, agent: str, error: str, nodes: Sequence[int]) -> Opportunity:
    span = scene.spans[nodes[0]]
    ways = {"timeout": "ran out of time", "crashed": "vanished with its process"}
    how = ways.get(span.status, f"failed with {error}")
    times = "" if len(nodes) == 1 else f" {len(nodes)} times"
    return Opportunity(
        rule=FAILED_AGENT,
        key=f"{agent} {error}",
        title=f"{agent} {how}{times}, and its caller went on without it",
        advice="Nothing above it failed, so nobody may have noticed. Cure the failure, or do not call it.",
        confidence=Confidence.CERTAIN,
        nodes=tuple(nodes),
        evidence={
            "executions": len(nodes),
            "error_type": span.error_type,
            "error_message": span.error_message,
            "lost_ns": scene.total_ns(nodes),
        },
        saving_usd_nanos=scene.cost_usd_nanos(nodes),
        matters=True,
    )


def _skip(agent: str, nodes: Sequence[int], refusal: Refusal | None) -> Opportunity:
    why = ""
    if refusal is not None and refusal.score is not None and refusal.threshold is not None:
        why = f": {refusal.score:g} is below {refusal.threshold:g}"
    return Opportunity(
        rule=SKIPPED_AGENT,
        key=agent,
        title=f"{agent} decided against its work{why}",
        advice="If it should have done it, lower its threshold or change what it scores; else there is nothing to do.",
        confidence=Confidence.CERTAIN,
        nodes=tuple(nodes),
        evidence={
            "executions": len(nodes),
            "score": refusal and refusal.score,
            "threshold": refusal and refusal.threshold,
            "reason": refusal and refusal.reason,
        },
        matters=True,
    )


def _never_called(scene: Scene, agent: str) -> Opportunity:
    return Opportunity(
        rule=NEVER_CALLED,
        key=agent,
        title=f"{agent} is registered by this program and has never run",
        advice=f"If it should take part, see why nobody calls it: longpole why-not {agent}. Else remove it.",
        confidence=Confidence.CERTAIN,
        nodes=(scene.top,),
        evidence={"agent": agent},
        matters=True,
    )
