"""What to do about one execution: everything worth telling, ranked by what it would have saved."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import asdict

from longpole.analysis.advice import MOST_NAMED, Opportunity, Scene, make_scene, saved_together_ns
from longpole.analysis.advice_agents import FAILED_AGENT, NEVER_CALLED, SKIPPED_AGENT, Refusal
from longpole.analysis.advice_calls import CALLS_ITSELF, CHATTY, NO_PROGRESS, QUERY_FOR_EACH, SAME_CALL
from longpole.analysis.advice_list import find_opportunities
from longpole.analysis.advice_sequence import ONE_BY_ONE
from longpole.analysis.advice_waits import BLOCKED_LOOP, NO_RESPONSE, RATE_LIMIT, RETRY
from longpole.analysis.independence import Judgement, judge_independence
from longpole.analysis.repeats import repeat_candidates
from longpole.analysis.span import Span
from longpole.model.event import EventKind
from longpole.model.finding import Finding
from longpole.model.status import ExecutionStatus
from longpole.model.tree import NO_PARENT
from longpole.reports.family import Family, load_family, span_key, span_of
from longpole.reports.filter_values import read_workspace
from longpole.reports.finding_views import Findings
from longpole.reports.question import QuestionOfOne
from longpole.reports.rows import Row, finding_item
from longpole.reports.spans_of import spans_of, with_texts
from longpole.reports.step_orders import StepOrders
from longpole.reports.views import FindingItem
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

RULES = frozenset(
    (
        SAME_CALL,
        ONE_BY_ONE,
        NO_PROGRESS,
        CALLS_ITSELF,
        QUERY_FOR_EACH,
        CHATTY,
        RATE_LIMIT,
        RETRY,
        BLOCKED_LOOP,
        NO_RESPONSE,
        FAILED_AGENT,
        SKIPPED_AGENT,
        NEVER_CALLED,
    )
)
"""What is looked for each time it is asked for, because an execution may go on."""

MOST_TEXTS = 300
"""Spans whose inputs and outputs are read for one execution."""

MOST_OF_A_RUN = 40
"""Steps of one sequence whose texts are read."""

BEST = 5
"""Findings whose savings are simulated together."""


def findings_of(store: Engine, execution: str, *, workspace: str | None = None) -> Findings:
    """What is worth telling about the execution that `execution` names, the largest saving first.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    family = load_family(store, find_execution(store, execution, workspace=workspace))
    scene = scene_of(store, family)
    found = opportunities_of(store, family, scene)
    best = [one for one in found if one.saving_ns][:BEST]
    return Findings(
        execution_id=family.top["execution_id"],
        agent=family.top["agent"],
        status=family.top["status"],
        duration_ns=scene.simulator.before_ns,
        is_running=family.top["ended_ns"] is None,
        saving_together_ns=saved_together_ns(scene.simulator, best),
        together=[finding_id_of(family, scene, one) for one in best],
        findings=items_of(store, family, scene, found),
    )


def scene_of(store: Engine, family: Family) -> Scene:
    """A family as the analysis looks at it, with the texts of calls that may be the same."""
    spans = spans_of(store, family)
    tree, top = family.tree, family.position
    asked = repeat_candidates(tree, top, spans)[:MOST_TEXTS]
    spans = with_texts(store, family, spans, asked) if asked else spans
    return make_scene(tree, top, spans)


def opportunities_of(store: Engine, family: Family, scene: Scene) -> list[Opportunity]:
    """Everything that the analysis notices, ranked."""
    return find_opportunities(
        scene,
        lambda runs: _Judge(store, family, scene, runs),
        suffered=_suffered(family),
        refusals=_refusals(family),
        never_called=_never_called(store, family),
    )


def items_of(store: Engine, family: Family, scene: Scene, found: Iterable[Opportunity]) -> list[FindingItem]:
    """The opportunities in their order, then what was found when the execution settled."""
    made = [finding_item(asdict(finding)) for finding in as_findings(family, scene, found)]
    return made + [finding_item(row) for row in _stored(store, family)]


def as_findings(family: Family, scene: Scene, found: Iterable[Opportunity]) -> list[Finding]:
    """The opportunities as rows of the table `findings`, each with the same id however often it is found."""
    return [_finding(family, scene, one) for one in found]


def finding_id_of(family: Family, scene: Scene, one: Opportunity) -> str:
    """The id of an opportunity: of its rule, the execution it belongs to, and what tells it from others there."""
    return _id(one.rule, scene.spans[one.nodes[0]].execution_id, one.key)


class _Judge:
    """Judges pairs of steps by their texts and by how they stood to each other in other executions."""

    def __init__(self, store: Engine, family: Family, scene: Scene, runs: Sequence[Sequence[int]]) -> None:
        self._tree = scene.tree
        nodes = {node for run in runs for node in run[:MOST_OF_A_RUN]}
        self._spans = with_texts(store, family, scene.spans, nodes | {self._tree.parents[node] for node in nodes})
        self._orders = StepOrders(store, family)

    def __call__(self, first: int, second: int) -> Judgement:
        spans, parent = self._spans, self._tree.parents[first]
        orders = self._orders.of(spans[first], spans[second])
        return judge_independence(spans[first], spans[second], given=spans[parent].input, orders=orders)


def _id(rule: str, execution_id: str, key: str) -> str:
    return hashlib.blake2b(f"{rule} {execution_id} {key}".encode(), digest_size=16).hexdigest()


def _finding(family: Family, scene: Scene, one: Opportunity) -> Finding:
    top, span = family.top, scene.spans[one.nodes[0]]
    named = [span_of(family.spans[node]) for node in one.nodes[:MOST_NAMED]]
    code = _place_in_code(scene, one.nodes[0])
    return Finding(
        workspace=top["workspace"],
        finding_id=finding_id_of(family, scene, one),
        execution_id=span.execution_id,
        rule=one.rule,
        title=one.title,
        advice=one.advice,
        confidence=one.confidence.value,
        evidence=msgspec.json.encode({**one.evidence, "steps": named}).decode(),
        saving_ns=one.saving_ns,
        saving_usd_nanos=one.saving_usd_nanos,
        code_file=code.code_file,
        code_line=code.code_line,
        code_function=code.code_function,
        raised_ns=family.until_ns if top["ended_ns"] is None else top["ended_ns"],
    )


def _place_in_code(scene: Scene, node: int) -> Span:
    """The span itself if it knows where in the code it is, else the nearest one above that does."""
    above = node
    while above != NO_PARENT:
        if scene.spans[above].code_file is not None:
            return scene.spans[above]
        above = scene.tree.parents[above]
    return scene.spans[node]


def _suffered(family: Family) -> dict[int, dict[int, int]]:
    """By the start of a block of the event loop, how long which spans stood still because of it."""
    blocked = [event for event in family.events if event["kind"] == EventKind.BLOCKED and event["duration_ns"]]
    if not blocked:
        return {}
    positions = {span_key(row): position for position, row in enumerate(family.spans)}
    found: dict[int, dict[int, int]] = {}
    for event in blocked:
        position = positions.get(event["trace_id"] + event["span_id"])
        if position is not None:
            found.setdefault(event["time_ns"], {})[position] = event["duration_ns"]
    return found


def _refusals(family: Family) -> list[Refusal]:
    return [
        Refusal(row["candidate"], row["score"], row["threshold"], row["reason"])
        for row in family.decisions
        if row["outcome"] == ExecutionStatus.SKIPPED
    ]


def _never_called(store: Engine, family: Family) -> list[str]:
    """Agents that the execution's program has registered and that have never run."""
    top = family.top
    if top["service"] is None or top["parent_execution_id"] is not None:
        return []
    asked = {"workspace": top["workspace"], "service": top["service"], "until_ns": family.until_ns}
    return [row["agent"] for row in store.rows("agents_never_called", asked)]


def _stored(store: Engine, family: Family) -> list[Row]:
    """What was found when the execution settled, and is not found anew each time."""
    members = {
        "workspace": family.top["workspace"],
        "execution_ids": [row["execution_id"] for row in family.executions],
    }
    return [row for row in store.rows("findings_of_executions", members) if row["rule"] not in RULES]


FINDINGS = QuestionOfOne(
    name="findings",
    meaning="What to do about one execution: everything worth telling, ranked by what it would have saved.",
    view=Findings,
    ask=lambda store, execution, pairs: findings_of(store, execution, workspace=read_workspace(pairs)),
)
