"""What to do about an execution, the most worth first: one list from all that the analysis notices.

Each opportunity says what was seen with numbers, how sure it is, and what to do. Its saving is what the simulation
says the execution would have been shorter by, so what runs beside something longer saves nothing. Savings overlap:
`saved_together_ns` simulates several at once.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from longpole.analysis.critical_path import Weights, weigh_spans
from longpole.analysis.span import Span
from longpole.analysis.what_if import Change, Simulator
from longpole.model.finding import Confidence
from longpole.model.tree import Tree

MOST_SIMULATED = 40
"""Opportunities whose saving is simulated; of more, those with most of the critical path in them are."""

MOST_SPANS_SIMULATED = 400_000
"""Of a big execution fewer are simulated, at least five: 50,000 spans take about 15 ms each."""

MOST_NAMED = 20
"""Spans that an opportunity names in its evidence."""

WORTH_NS = 1_000_000
"""A saving below a millisecond is not worth a sentence."""

_SURENESS = {Confidence.CERTAIN: 0, Confidence.HIGH: 1, Confidence.MEDIUM: 2, Confidence.LOW: 3}


class Opportunity(Struct, frozen=True, kw_only=True):
    """Something about an execution that is worth telling; `analysis` knows spans by position only.

    `nodes` are the spans it is about, the one whose code is to be changed first. `changes` is what the simulation does
    for its saving; without any there is none to be had, or none that can be told. `saving_ns` may be zero: then other
    work took as long. `matters` says that it is worth telling even so. `key` tells it from others of its rule in one
    execution.
    """

    rule: str
    key: str
    title: str
    advice: str
    confidence: Confidence
    nodes: tuple[int, ...]
    evidence: dict[str, object]
    changes: tuple[Change, ...] = ()
    saving_ns: int | None = None
    saving_usd_nanos: int | None = None
    matters: bool = False


class Scene(Struct, frozen=True, kw_only=True):
    """One execution with everything below it, as those look at it who notice opportunities."""

    tree: Tree
    top: int
    spans: Sequence[Span]
    weights: Weights
    simulator: Simulator

    def duration_ns(self, node: int) -> int:
        """How long a span took."""
        return self.tree.ends[node] - self.tree.starts[node]

    def total_ns(self, nodes: Iterable[int]) -> int:
        """How long several spans took one by one."""
        starts, ends = self.tree.starts, self.tree.ends
        return sum([ends[node] - starts[node] for node in nodes])

    def cost_usd_nanos(self, nodes: Iterable[int]) -> int | None:
        """What the model calls at and below several spans cost; `None` where no cost is known."""
        spans, children, below = self.spans, self.tree.children, self.tree.below
        inside = [inner for node in nodes for inner in (below(node) if children[node] else (node,))]
        costs = [spans[node].cost_usd_nanos for node in inside if not spans[node].is_execution]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if known else None


def make_scene(tree: Tree, top: int, spans: Sequence[Span]) -> Scene:
    """The execution at `top` as those see it who notice opportunities. Cost: about 5 us a span."""
    labels, first_token_ns = [span.label for span in spans], [span.first_token_ns for span in spans]
    simulator = Simulator(tree, top, labels, first_token_ns)
    return Scene(tree=tree, top=top, spans=spans, weights=weigh_spans(tree, top), simulator=simulator)


def rank(scene: Scene, found: Iterable[Opportunity]) -> list[Opportunity]:
    """The opportunities with their savings, the largest first, then those that are surest.

    What would have saved less than `WORTH_NS` is left out unless it matters by itself.
    """
    below_ns = _critical_below(scene)
    weighed = sorted(((_at_most_ns(below_ns, one), one) for one in found), key=lambda pair: -pair[0])
    told: list[Opportunity] = []
    most = max(5, min(MOST_SIMULATED, MOST_SPANS_SIMULATED // len(scene.tree)))
    for place, (most_ns, one) in enumerate(weighed):
        saving_ns: int | None = None
        if one.changes:
            saving_ns = 0
            if most_ns and place < most:
                saving_ns = max(0, scene.simulator.before_ns - scene.simulator.duration_after(one.changes))
        if one.matters or (saving_ns or 0) >= WORTH_NS:
            told.append(_with_saving(one, saving_ns))
    return sorted(told, key=lambda one: (-(one.saving_ns or 0), _SURENESS[one.confidence], one.rule, one.key))


def saved_together_ns(simulator: Simulator, chosen: Iterable[Opportunity]) -> int:
    """By how much the execution would have been shorter with all of these at once; never their plain sum."""
    changes = [change for one in chosen for change in one.changes]
    return max(0, simulator.before_ns - simulator.duration_after(changes)) if changes else 0


def _critical_below(scene: Scene) -> dict[int, int]:
    """By span, how much of the critical path lies in it and below it."""
    found = dict(scene.weights.critical_ns)
    parents = scene.tree.parents
    for node in reversed(list(scene.tree.below(scene.top))):
        if node != scene.top and (inner_ns := found.get(node)):
            found[parents[node]] = found.get(parents[node], 0) + inner_ns
    return found


def _at_most_ns(below_ns: Mapping[int, int], one: Opportunity) -> int:
    """What the changes could save if all of the changed spans' part of the critical path went."""
    return sum(below_ns.get(node, 0) for change in one.changes for node in change.nodes)


def _with_saving(one: Opportunity, saving_ns: int | None) -> Opportunity:
    return Opportunity(
        rule=one.rule,
        key=one.key,
        title=one.title,
        advice=one.advice,
        confidence=one.confidence,
        nodes=one.nodes,
        evidence=one.evidence,
        changes=one.changes,
        saving_ns=saving_ns,
        saving_usd_nanos=one.saving_usd_nanos,
        matters=one.matters,
    )
