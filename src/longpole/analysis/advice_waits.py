"""Opportunities in which an execution waits: for a rate limit, for another try, for an event loop that stands still."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from longpole.analysis.advice import MOST_NAMED, Opportunity, Scene
from longpole.analysis.span import Span
from longpole.analysis.what_if import Change, Deed
from longpole.model.category import Category
from longpole.model.finding import Confidence
from longpole.model.tree import NO_PARENT

# Plain texts: comparing a text with a member of an enum takes eight times as long.
_BLOCKED_LOOP = Category.BLOCKED_LOOP.value
_LLM = Category.LLM.value
_RATE_LIMIT = Category.RATE_LIMIT.value
RATE_LIMIT = "waits.rate_limit"
RETRY = "waits.retry"
BLOCKED_LOOP = "waits.blocked_loop"
NO_RESPONSE = "waits.no_response"

_WAITS = frozenset((Category.RETRY.value, Category.RATE_LIMIT.value))
_NEAR = 16  # siblings before a wait among which the failed try is looked for
_FAILED = frozenset(("failed", "timeout", "crashed"))
_LIMITS = re.compile(r"rate.?limit|too many requests|\b429\b|quota|throttl|overloaded", re.IGNORECASE)
_PLACE = re.compile(r"(?P<what>.*) in (?P<function>\S+) \((?P<file>[^()]*?)(?::(?P<line>\d+))?\)")


def find_wait_opportunities(scene: Scene, suffered: Mapping[int, Mapping[int, int]]) -> Iterator[Opportunity]:
    """Waits for retries and rate limits, blocks of the event loop, and calls that never got an answer.

    Args:
        scene: the execution.
        suffered: by the start of a block in nanoseconds, for how long which spans stood still because of it.
    """
    yield from _retries(scene)
    yield from _blocks(scene, suffered)
    yield from _unanswered(scene)


def _retries(scene: Scene) -> Iterator[Opportunity]:
    groups: dict[tuple[str, str, bool], list[tuple[int, int | None]]] = {}
    for node in scene.tree.below(scene.top):
        span = scene.spans[node]
        if span.category in _WAITS and not span.is_outside:
            failed = _attempt_before(scene, node)
            is_limit = span.category == _RATE_LIMIT or _tells_limit(scene, node, failed)
            what = span.label if failed is None else scene.spans[failed].label
            groups.setdefault((span.agent, what, is_limit), []).append((node, failed))
    for (agent, what, is_limit), waits in groups.items():
        yield _retry(scene, agent, what, waits, is_limit=is_limit)


def _attempt_before(scene: Scene, node: int) -> int | None:
    """The failed try that a wait follows, if it is recorded."""
    tree = scene.tree
    parent = tree.parents[node]
    siblings = tree.roots if parent == NO_PARENT else tree.children[parent]
    begins = tree.starts[node]
    at = bisect_left(siblings, begins, key=tree.starts.__getitem__)
    before = [one for one in siblings[max(0, at - _NEAR) : at] if tree.ends[one] <= begins]
    last = max(before, key=tree.ends.__getitem__, default=None)
    return last if last is not None and _has_failed(scene.spans[last]) else None


def _has_failed(span: Span) -> bool:
    return span.status in _FAILED or span.error_type is not None


def _tells_limit(scene: Scene, node: int, failed: int | None) -> bool:
    span = scene.spans[node]
    told = [span.name, span.error_type, span.error_message]
    if failed is not None:
        told += [scene.spans[failed].error_type, scene.spans[failed].error_message]
    return any(text is not None and _LIMITS.search(text.replace("_", " ")) for text in told)


def _retry(
    scene: Scene, agent: str, what: str, waits: Sequence[tuple[int, int | None]], *, is_limit: bool
) -> Opportunity:
    nodes = [node for node, _ in waits]
    failed = [attempt for _, attempt in waits if attempt is not None]
    errors = sorted({scene.spans[attempt].error_type or "an error" for attempt in failed})
    waited_ns = scene.total_ns(nodes)
    times = "once" if len(nodes) == 1 else f"{len(nodes)} times"
    if is_limit:
        title = f"{agent} waits {times} for the rate limit of {what}"
        advice = (
            "Send fewer calls at once (below the model's own limit), spread them over time, or ask for a higher limit. "
            "A second key or model to fall back to takes the wait away."
        )
    else:
        why = f" after {', '.join(errors)}" if errors else ""
        title = f"{agent} tries {what} again {times}{why}"
        advice = "Find out why the first try fails. If it passes by itself, begin with a shorter wait between tries."
    return Opportunity(
        rule=RATE_LIMIT if is_limit else RETRY,
        key=f"{agent} {what}",
        title=title,
        advice=advice,
        confidence=Confidence.CERTAIN,
        nodes=(*nodes, *failed),
        evidence={
            "waits": len(nodes),
            "waited_ns": waited_ns,
            "failed_tries": len(failed),
            "failed_tries_ns": scene.total_ns(failed),
            "errors": errors,
        },
        changes=(Change(deed=Deed.REMOVE, nodes=(*nodes, *failed)),),
        saving_usd_nanos=scene.cost_usd_nanos(failed),
    )


def _blocks(scene: Scene, suffered: Mapping[int, Mapping[int, int]]) -> Iterator[Opportunity]:
    places: dict[str, list[int]] = {}
    for node in scene.tree.below(scene.top):
        if scene.spans[node].category == _BLOCKED_LOOP:
            places.setdefault(scene.spans[node].name, []).append(node)
    beside = _beside_others(scene) if places else set[int]()
    for place, nodes in places.items():
        yield _block(scene, place, nodes, suffered, was_beside=not beside.isdisjoint(nodes))


def _block(
    scene: Scene, place: str, nodes: Sequence[int], suffered: Mapping[int, Mapping[int, int]], *, was_beside: bool
) -> Opportunity:
    lost: dict[int, int] = {}
    for node in nodes:
        for other, lost_ns in suffered.get(scene.tree.starts[node], {}).items():
            lost[other] = lost.get(other, 0) + lost_ns
    lost = {other: lost_ns for other, lost_ns in lost.items() if scene.simulator.has(other)}
    blocked_ns = scene.total_ns(nodes)
    who = f"; {len(lost)} other step{'s'[: len(lost) != 1]} waited" if lost else ""
    call = _PLACE.fullmatch(place)
    what = call["what"] if call else place
    return Opportunity(
        rule=BLOCKED_LOOP,
        key=place,
        title=f"{place} stops the event loop{who}",
        advice=f"Nothing else in this program can run meanwhile. {_unblock(what)}",
        confidence=Confidence.HIGH if lost or was_beside else Confidence.MEDIUM,
        nodes=tuple(nodes),
        evidence={
            "blocks": len(nodes),
            "blocked_ns": blocked_ns,
            "longest_ns": max(map(scene.duration_ns, nodes)),
            "steps_that_waited": len(lost),
            "waited_ns": sum(lost.values()),
            "place": place,
        },
        changes=tuple(
            Change(deed=Deed.FASTER, nodes=(other,), duration_ns=max(0, scene.duration_ns(other) - lost_ns))
            for other, lost_ns in sorted(lost.items(), key=lambda item: -item[1])[:MOST_NAMED]
        ),
        matters=True,
    )


def _unblock(what: str) -> str:
    if what.endswith("sleep"):
        return "Use `await asyncio.sleep(...)`."
    return (
        "Use an asynchronous version of it, or `await asyncio.to_thread(...)`; long computations belong in a process."
    )


def _beside_others(scene: Scene) -> set[int]:
    """The spans that stand in a part of the program that ran at the same time as another part of the execution."""
    starts, ends = scene.tree.starts, scene.tree.ends
    found: set[int] = set()
    for node in scene.tree.below(scene.top):
        children = scene.tree.children[node]
        latest = starts[children[0]] if children else 0  # until when those before ran
        for child, following in zip_longest(children, children[1:]):
            overlaps = latest > starts[child] or (following is not None and starts[following] < ends[child])
            if overlaps or node in found:
                found.add(child)
            latest = max(latest, ends[child])
    return found


def _unanswered(scene: Scene) -> Iterator[Opportunity]:
    for node in scene.tree.below(scene.top):
        span = scene.spans[node]
        if span.category == _LLM and (span.is_open or span.status in ("llm_request", "crashed")):
            model = span.model or span.label
            yield Opportunity(
                rule=NO_RESPONSE,
                key=f"{span.agent} {node}",
                title=f"{model} has not answered {span.agent}",
                advice="Give the call a timeout, and look at the provider's status page.",
                confidence=Confidence.CERTAIN,
                nodes=(node,),
                evidence={"waited_ns": scene.duration_ns(node), "model": model, "status": span.status},
                matters=True,
            )
