"""When the steps of a pipeline would run, from how long each takes: what `explain()` draws."""

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

from msgspec import Struct

from longpole.remedies.pipeline_steps import PipelineStep

_BAR = 40
_MS = 1_000_000


class PlannedStep(Struct, frozen=True, kw_only=True):
    """When a step would run, in nanoseconds from the start. `is_critical`: the pipeline ends later if it does."""

    name: str
    after: tuple[str, ...]
    started_ns: int
    ended_ns: int
    is_critical: bool


class Explanation(Struct, frozen=True, kw_only=True):
    """The graph of a pipeline. `finish_ns` and `steps` are `None` where the durations of `unknown` are not known.

    `str()` draws it.
    """

    name: str
    graph: Mapping[str, tuple[str, ...]]
    unknown: tuple[str, ...]
    finish_ns: int | None
    one_by_one_ns: int | None
    """What the steps take one after the other."""
    steps: tuple[PlannedStep, ...] | None

    def __str__(self) -> str:
        return "\n".join(_draw(self))


def explain(
    name: str, steps: Sequence[PipelineStep], limits: Mapping[str, int], durations_ns: Mapping[str, int]
) -> Explanation:
    """What a run would be like, without failures, if the steps take so long."""
    unknown = tuple(step.name for step in steps if step.name not in durations_ns)
    graph = {step.name: step.after for step in steps}
    if unknown:
        return Explanation(name=name, graph=graph, unknown=unknown, finish_ns=None, one_by_one_ns=None, steps=None)
    spans, causes = _schedule(steps, limits, durations_ns)
    critical = _critical(spans, causes)
    return Explanation(
        name=name,
        graph=graph,
        unknown=(),
        finish_ns=max((end for _, end in spans.values()), default=0),
        one_by_one_ns=sum(durations_ns[step.name] for step in steps),
        steps=tuple(
            PlannedStep(
                name=step.name,
                after=step.after,
                started_ns=spans[step.name][0],
                ended_ns=spans[step.name][1],
                is_critical=step.name in critical,
            )
            for step in steps
        ),
    )


def _schedule(
    steps: Sequence[PipelineStep], limits: Mapping[str, int], durations_ns: Mapping[str, int]
) -> tuple[dict[str, tuple[int, int]], dict[str, str | None]]:
    """Start and end of each step, and whose end let it start. Places are given in the order in which steps get ready,
    those that get ready together in the order of declaration."""
    free, queues = dict(limits), {resource: list[PipelineStep]() for resource in limits}
    missing = {step.name: len(step.after) for step in steps}
    spans: dict[str, tuple[int, int]] = {}
    causes: dict[str, str | None] = {}
    running: list[tuple[int, int, PipelineStep]] = []
    places = {step.name: place for place, step in enumerate(steps)}

    def begin(step: PipelineStep, now: int, cause: str | None) -> None:
        if step.uses is not None:
            if not free[step.uses]:
                queues[step.uses].append(step)
                return
            free[step.uses] -= 1
        spans[step.name] = (now, now + durations_ns[step.name])
        causes[step.name] = cause
        heappush(running, (spans[step.name][1], places[step.name], step))

    for step in steps:
        if not step.after:
            begin(step, 0, None)
    while running:
        now, _, done = heappop(running)
        if done.uses is not None:
            free[done.uses] += 1
            if queues[done.uses]:
                begin(queues[done.uses].pop(0), now, done.name)
        for step in steps:
            if done.name in step.after:
                missing[step.name] -= 1
                if not missing[step.name]:
                    begin(step, now, done.name)
    return spans, causes


def _critical(spans: Mapping[str, tuple[int, int]], causes: Mapping[str, str | None]) -> set[str]:
    """The chain of steps that leads to the last end."""
    found: set[str] = set()
    here = max(spans, key=lambda name: spans[name][1], default=None)
    while here is not None:
        found.add(here)
        here = causes[here]
    return found


def _draw(plan: Explanation) -> list[str]:
    wide = max(map(len, plan.graph), default=0)
    if plan.steps is None or plan.finish_ns is None or plan.one_by_one_ns is None:
        lines = [f"{plan.name}: finish unknown, without the durations of {', '.join(plan.unknown)}"]
        return lines + [f"  {name:{wide}}{_needs(after)}" for name, after in plan.graph.items()]
    lines = [
        f"{plan.name}: {plan.finish_ns / _MS:,.0f} ms, one after the other {plan.one_by_one_ns / _MS:,.0f} ms; "
        "* decides how long it takes"
    ]
    for step in plan.steps:
        left, right = (round(_BAR * at / max(1, plan.finish_ns)) for at in (step.started_ns, step.ended_ns))
        bar = f"{' ' * left}{'█' * max(1, right - left)}".ljust(_BAR + 1)
        mark = "*" if step.is_critical else " "
        took = f"{(step.ended_ns - step.started_ns) / _MS:,.0f} ms"
        lines.append(f"{mark} {step.name:{wide}} {bar} {took:>9}{_needs(step.after)}")
    return lines


def _needs(after: Sequence[str]) -> str:
    return f"  after {', '.join(after)}" if after else ""
