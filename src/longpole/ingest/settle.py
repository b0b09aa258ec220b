"""From the spans of a group of traces to the rows that are stored: owners, usage, and what the analysis says.

What SQL cannot compute is computed here, once, when nothing of the group is open any more: own time, critical time and
slack of every span, and per execution the shares, the path, and where a failure came from.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from longpole.analysis.critical_path import find_critical_path, weigh_spans
from longpole.analysis.totals import (
    UNEXPLAINED,
    describe_path,
    find_failure_origins,
    measure_self_times,
    name_for_path,
    share_wall_time,
)
from longpole.ingest.facts import Facts
from longpole.ingest.ownership import Ownership, assign_owners
from longpole.ingest.scores import scores_of
from longpole.ingest.stage_findings import find_open_stages
from longpole.ingest.threshold_findings import NO_THRESHOLDS, Thresholds, find_critical_operations
from longpole.ingest.usage import FAILING, Tally, Usage, count_usage
from longpole.ingest.vanished import is_gone
from longpole.ingest.versions import find_versions
from longpole.model.buckets import duration_bucket
from longpole.model.category import Category
from longpole.model.event import Decision, Event, Score
from longpole.model.execution import Execution, ExecutionKind
from longpole.model.finding import Finding
from longpole.model.step import Step
from longpole.model.tree import NO_PARENT

_ROOT = ExecutionKind.ROOT.value
_LLM, _TOOL = Category.LLM.value, Category.TOOL.value  # compared in 0.01 us, members of an enum in 0.08
_NEVER_NS = 2**62
_MOST_TOLD = 100  # of what an execution's steps tell: more than this is made up by a program
_to_json = msgspec.json.Encoder().encode

# What an execution or a step tells about itself has the same name in Facts; the rest is known in the tree only.
CALL_COLUMNS = (
    "call_input_tokens",
    "call_output_tokens",
    "call_cache_read_tokens",
    "call_cache_write_tokens",
    "call_reasoning_tokens",
    "call_input_audio_tokens",
    "call_output_audio_tokens",
    "call_cache_write_1h_tokens",
    "call_cost_usd_nanos",
)
_IN_THE_TREE = {*Tally.__struct_fields__, "execution_id", "call_reason", "kind", "step_index"}
EXECUTION_COPIES = tuple(
    name for name in Execution.__struct_fields__ if name in Facts.__struct_fields__ and name not in _IN_THE_TREE
)
STEP_COPIES = tuple(
    name
    for name in Step.__struct_fields__
    if name in Facts.__struct_fields__ and name not in ("execution_id", "agent", "step_index")
)


class Rows(Struct):
    """The rows of one group of traces. `is_complete`: nothing is open and no parent is missing.

    Findings are there when the group is settled.
    """

    executions: list[Execution]
    steps: list[Step]
    events: list[Event]
    decisions: list[Decision]
    scores: list[Score]
    findings: list[Finding]
    is_complete: bool
    is_settled: bool


class _Names(Struct):
    """Agent and version of every execution by position: what its steps are called after."""

    agents: dict[int, str]
    versions: dict[int, str | None]


_ToldByTree = tuple[str | None, str | None, int | None, int | None]
"""The columns `tools`, `step_errors`, `tree_from_ns` and `tree_to_ns`."""

_UNTOLD: _ToldByTree = (None, None, None, None)
_UNTIMED: tuple[int | None, int | None] = (None, None)


class _Settled(Struct):
    """What the analysis says, per span or per execution by position; empty as long as something is open."""

    self_ns: Sequence[int] = ()
    critical_ns: dict[int, int] = {}
    slack_ns: dict[int, int] = {}
    shares: dict[int, dict[str, int]] = {}
    paths: dict[int, tuple[str, str]] = {}
    told_by_tree: dict[int, _ToldByTree] = {}


def build_rows(
    facts: Sequence[Facts],
    *,
    now_ns: int,
    is_final: bool = False,
    stray_events: Mapping[str, Sequence[Event]] | None = None,
    thresholds: Thresholds = NO_THRESHOLDS,
) -> Rows:
    """The rows of a group of traces that links join.

    Args:
        facts: its spans, each once, in any order.
        now_ns: the time until which open spans have run, and at which the group settles.
        is_final: settle even if parents are missing (they are not expected any more).
        stray_events: by trace id, log records whose span is not known; they go to the trace's first top execution.

    Cost: about 25 us a span, with the analysis.
    """
    place = assign_owners(facts, now_ns=now_ns)
    is_open = any(fact.ended_ns is None for fact in place.facts)
    # Log records that came before their spans wait for them.
    is_complete = not is_open and not place.missing and bool(facts)
    is_settled = is_complete or (is_final and not is_open)
    usage = count_usage(place)
    origins = _failure_origins(place)
    settled = _analyse(place) if is_settled else _Settled()
    agents = {node: place.facts[node].agent or place.facts[node].name for node in place.execution_ids}
    names = _Names(agents, find_versions(place))
    people = _inherit_people(place)
    executions = [
        _execution_row(
            place,
            node,
            usage,
            settled,
            origins[node],
            people[node],
            names.versions[node],
            now_ns if is_settled else None,
        )
        for node in place.execution_ids
    ]
    steps = _step_rows(place, usage, settled, names)
    events, decisions = _instants(place, stray_events or {})
    findings: list[Finding] = []
    if is_settled:
        findings = find_open_stages(executions, events) + find_critical_operations(executions, steps, thresholds)
    return Rows(executions, steps, events, decisions, scores_of(events), findings, is_complete, is_settled)


def _failure_origins(place: Ownership) -> Sequence[int | None]:
    has_failed = [fact.status in FAILING for fact in place.facts]
    if not any(has_failed):
        return [None] * len(has_failed)
    errors = [(fact.error_type, fact.error_message) for fact in place.facts]
    return find_failure_origins(place.tree, has_failed=has_failed, errors=errors)


def _analyse(place: Ownership) -> _Settled:
    tree, facts = place.tree, place.facts
    settled = _Settled(self_ns=measure_self_times(tree), critical_ns={}, slack_ns={}, shares={}, paths={})
    categories = [fact.category for fact in facts]
    is_execution = [kind is not None for kind in place.kinds]
    first_token_ns = [_first_token_ns(fact) for fact in facts]
    labels = [_label(fact, kind) for fact, kind in zip(facts, place.kinds, strict=True)]
    sizes = _sizes(place)
    budget = 8 * len(facts) + 1000
    for node in sorted(place.execution_ids, key=place.depths.__getitem__):
        weights = weigh_spans(tree, node) if place.parents[node] == NO_PARENT else None
        if weights is not None:
            settled.critical_ns.update(weights.critical_ns)
            settled.slack_ns.update(weights.slack_ns)
        budget -= sizes[node]
        if budget < 0:  # thousands of agents inside each other: the outer ones have theirs
            break
        path = find_critical_path(tree, node) if weights is None else weights.path
        settled.shares[node] = share_wall_time(
            tree, node, categories=categories, is_execution=is_execution, first_token_ns=first_token_ns, path=path
        )
        settled.paths[node] = describe_path(tree, node, labels, is_execution=is_execution)
    settled.told_by_tree = _told_by_tree(place)
    return settled


def _told_by_tree(place: Ownership) -> dict[int, _ToldByTree]:
    """Per execution what its own steps tell, and when the first and the last span under its root started.

    Of a tree over several traces the latter is not known: of a large web of them only a part may be here.
    """
    tools: dict[int, set[str]] = {}
    errors: dict[int, set[str]] = {}
    starts: dict[int, list[int]] = {}
    for fact, kind, owner, root in zip(place.facts, place.kinds, place.owners, place.roots, strict=True):
        starts.setdefault(root, []).append(fact.started_ns)
        if kind is None:
            if fact.tool:
                tools.setdefault(owner, set()).add(fact.tool)
            if fact.error_type and fact.status in FAILING:
                errors.setdefault(owner, set()).add(fact.error_type)
    bounds: dict[int, tuple[int | None, int | None]] = {}
    if len({fact.trace_id for fact in place.facts}) == 1:
        bounds = {root: (min(times), max(times)) for root, times in starts.items()}
    return {
        node: (_listed(tools.get(node)), _listed(errors.get(node)), *bounds.get(place.roots[node], _UNTIMED))
        for node in place.execution_ids
    }


def _listed(texts: set[str] | None) -> str:
    return _to_json(sorted(texts)[:_MOST_TOLD]).decode() if texts else "[]"


def _first_token_ns(fact: Facts) -> int | None:
    """When its first token came; of a model call whose process vanished while it waited for it, never."""
    return _NEVER_NS if fact.first_token_ns is None and is_gone(fact) else fact.first_token_ns


def _sizes(place: Ownership) -> list[int]:
    """Per span, how many spans it and everything below it are."""
    sizes = [1] * len(place.facts)
    for node in reversed(place.tree.order):
        above = place.tree.parents[node]
        if above != NO_PARENT:
            sizes[above] += sizes[node]
    return sizes


def _label(fact: Facts, kind: str | None) -> str:
    if kind is not None:
        return f"agent {fact.agent or name_for_path(fact.name)}"
    if fact.category == _LLM:
        return "llm"
    if fact.category == _TOOL:
        return f"tool {fact.tool or name_for_path(fact.name)}"
    return name_for_path(fact.name)


def _inherit_people(place: Ownership) -> dict[int, tuple[str | None, str | None]]:
    """Session and user per execution: its own, else those of a step or execution below it, else of the one above."""
    found: dict[int, tuple[str | None, str | None]] = dict.fromkeys(place.execution_ids, (None, None))
    for node in reversed(place.tree.order):
        fact, owner = place.facts[node], place.owners[node]
        session_id, user_id = found[owner]
        if owner == node:
            found[node] = session_id, user_id = fact.session_id or session_id, fact.user_id or user_id
            owner = place.parents[node]
            if owner != NO_PARENT:
                found[owner] = session_id or found[owner][0], user_id or found[owner][1]
        elif fact.session_id or fact.user_id:
            found[owner] = fact.session_id or session_id, fact.user_id or user_id
    for node in place.tree.order:
        if node in found and (above := place.parents[node]) != NO_PARENT:
            session_id, user_id = found[node]
            found[node] = session_id or found[above][0], user_id or found[above][1]
    return found


def _execution_row(
    place: Ownership,
    node: int,
    usage: Usage,
    settled: _Settled,
    origin: int | None,
    people: tuple[str | None, str | None],
    version: str | None,
    settled_ns: int | None,
) -> Execution:
    # By position, in the order of the columns: a sixth of the time that it takes by name.
    fact, ids, parent = place.facts[node], place.execution_ids, place.parents[node]
    own, whole = usage.own[node], usage.whole[node]
    error_type, error_message, failure_step_id = fact.error_type, fact.error_message, None
    if origin is not None and fact.status in FAILING:
        cause = place.facts[origin]
        failure_step_id = cause.span_id
        error_type, error_message = error_type or cause.error_type, error_message or cause.error_message
    steps_total, steps_completed = _progress(whole, fact)
    bucket, self_ns, critical_ns, explained_ns, category_ns, path, path_hash = _analysis(fact, node, settled)
    return Execution(
        fact.workspace, ids[node], fact.trace_id, fact.span_id, fact.parent_span_id, fact.link_trace_id,
        fact.link_span_id, None if parent == NO_PARENT else ids[parent], ids[place.roots[node]], place.depths[node],
        place.call_reasons.get(node), place.kinds[node] or _ROOT, fact.agent or fact.name, fact.agent_id, fact.method,
        fact.name, fact.category, fact.operation, fact.status, fact.stage, fact.started_ns, fact.ended_ns,
        fact.duration_ns, fact.received_ns, fact.trigger_type, fact.trigger_source, *people, version,
        fact.environment, fact.runtime_mode, fact.service, fact.scope, fact.process, fact.provider or whole.provider,
        fact.model or whole.model, fact.tool,
        # what this very span told, as `call_*`
        fact.input_tokens, fact.output_tokens, fact.cache_read_tokens, fact.cache_write_tokens, fact.reasoning_tokens,
        fact.cost_usd_nanos, usage.is_counted[node],
        # `self_*`, and the whole subtree
        own.input_tokens, own.output_tokens, own.cost_usd_nanos, whole.input_tokens, whole.output_tokens,
        whole.cache_read_tokens, whole.cache_write_tokens, whole.reasoning_tokens, whole.cost_usd_nanos,
        fact.price_version, whole.model_calls, whole.model_calls_without_usage, whole.model_calls_without_cost,
        whole.tool_calls, whole.api_calls, whole.retries, whole.agents_skipped, steps_total, steps_completed,
        whole.steps_failed, fact.credits, fact.memory_usage_mb, fact.execution_graph, fact.checkpoints, fact.weight,
        error_type, error_message, failure_step_id, fact.first_token_ns, fact.code_file, fact.code_line,
        fact.code_function, bucket, self_ns, critical_ns, explained_ns, category_ns, path, path_hash, settled_ns,
        fact.row_version, fact.credits_unit, fact.scopes, None, fact.input_audio_tokens, fact.output_audio_tokens,
        fact.cache_write_1h_tokens, fact.price_tier, *settled.told_by_tree.get(node, _UNTOLD),
    )  # fmt: skip


def _progress(whole: Tally, fact: Facts) -> tuple[int, int]:
    """Steps in all and completed. Of something that runs: "3 of 10", if the program said ten."""
    if fact.ended_ns is not None and not is_gone(fact):
        return whole.steps_total, whole.steps_completed
    announced, reported = fact.steps_announced or 0, fact.steps_reported
    if reported is None:
        return max(whole.steps_total, announced), whole.steps_completed
    # How many steps a program said it has; those that it counts itself are not those that came as spans.
    return max(announced, reported) or whole.steps_total, reported


_Analysis = tuple[int | None, int | None, int | None, int | None, str | None, str | None, str | None]


def _analysis(fact: Facts, node: int, settled: _Settled) -> _Analysis:
    """Bucket, own, critical and explained time, shares, path and its hash, as far as they are known."""
    if fact.ended_ns is None or fact.duration_ns is None:
        return None, None, None, None, None, None, None
    bucket = duration_bucket(fact.duration_ns)
    if not settled.self_ns:
        return bucket, None, None, None, None, None, None
    self_ns, critical_ns = settled.self_ns[node], settled.critical_ns.get(node, 0)
    shares = settled.shares.get(node)
    if shares is None:
        return bucket, self_ns, critical_ns, None, None, None, None
    explained_ns = sum(shares.values()) - shares.get(UNEXPLAINED, 0)
    return bucket, self_ns, critical_ns, explained_ns, _to_json(shares).decode(), *settled.paths[node]


def _step_rows(place: Ownership, usage: Usage, settled: _Settled, names: _Names) -> list[Step]:
    # By position, in the order of the columns: by name a row costs 2 us more. Most of the server's rows are these.
    rows: list[Step] = []
    ids, owners, roots, is_counted = place.execution_ids, place.owners, place.roots, usage.is_counted
    agents, versions, indexes = names.agents, names.versions, place.step_indexes
    self_ns, critical_ns, slack_ns = settled.self_ns, settled.critical_ns, settled.slack_ns
    is_settled = bool(self_ns)
    for node, (fact, kind, depth, is_outside) in enumerate(
        zip(place.facts, place.kinds, place.depths, place.is_outside, strict=True)
    ):
        if kind is not None:
            continue
        owner, duration_ns = owners[node], fact.duration_ns
        is_weighed = is_settled and not is_outside
        row = Step(
            fact.workspace, fact.trace_id, fact.span_id, fact.parent_span_id, fact.link_trace_id, fact.link_span_id,
            ids[owner], ids[roots[node]], agents[owner], fact.name, fact.category, fact.step_type, fact.operation,
            fact.status, fact.started_ns, fact.ended_ns, duration_ns, fact.received_ns, indexes[node], depth,
            is_outside, fact.service, fact.environment, fact.version or versions[owner], fact.scope, fact.provider,
            fact.model, fact.tool, fact.input_tokens, fact.output_tokens, fact.cache_read_tokens,
            fact.cache_write_tokens, fact.reasoning_tokens, fact.cost_usd_nanos, is_counted[node],
            fact.first_token_ns, fact.attempt, fact.error_type, fact.error_message, fact.code_file, fact.code_line,
            fact.code_function, fact.api_calls, fact.argument_hash,
            None if duration_ns is None else duration_bucket(duration_ns),
            self_ns[node] if is_settled else None, critical_ns.get(node, 0) if is_weighed else None,
            slack_ns.get(node) if is_weighed else None, fact.weight, fact.row_version, fact.process,
            fact.input_audio_tokens, fact.output_audio_tokens, fact.cache_write_1h_tokens, fact.price_tier,
            fact.price_version,
        )  # fmt: skip
        rows.append(row)
    return rows


def _instants(place: Ownership, stray_events: Mapping[str, Sequence[Event]]) -> tuple[list[Event], list[Decision]]:
    """Events and decisions with the execution that they belong to."""
    events: list[Event] = []
    decisions: list[Decision] = []
    for node, fact in enumerate(place.facts):
        if not fact.events and not fact.decisions:
            continue
        execution_id = place.execution_ids[place.owners[node]]
        events.extend(replace(event, execution_id=execution_id) for event in fact.events)
        decisions.extend(replace(decision, execution_id=execution_id) for decision in fact.decisions)
    for trace_id, strays in stray_events.items():
        execution_id = next(_top_executions(place, trace_id), None)
        events.extend(replace(event, execution_id=execution_id) for event in strays)
    return events, decisions


def _top_executions(place: Ownership, trace_id: str) -> Iterator[str]:
    for node, name in place.execution_ids.items():
        if place.facts[node].trace_id == trace_id and place.parents[node] == NO_PARENT:
            yield name
    for node, fact in enumerate(place.facts):
        if fact.trace_id == trace_id:
            yield place.execution_ids[place.roots[node]]
