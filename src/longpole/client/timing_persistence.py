"""`TimingPersistence`: keeps timings, finds those of earlier days, and tells how an operation went over time.

    execution_id = await TimingPersistence.store_execution_timing(collector.last_tree)
    trees = await TimingPersistence.query_historical_timings(TimingFilters(agent="pipeline"))
    trend = await TimingPersistence.get_trend_analysis("ask the model", days=14)

What is stored goes the way of everything that is recorded; what is found is a report of the server's. Waiting happens
in a thread, so that the event loop goes on.
"""

from asyncio import to_thread
from dataclasses import dataclass
from datetime import UTC, datetime

from longpole import flush, settings
from longpole.client.asking import open_answers
from longpole.model import clock
from longpole.model.category import Category
from longpole.model.errors import StoreError
from longpole.record.collector import ExecutionTimingTree, TimingEntry
from longpole.record.timed_before import record_tree
from longpole.reports.change_views import MetricChange
from longpole.reports.filter_values import Pairs
from longpole.reports.node_views import ExecutionNode, StepNode
from longpole.reports.question_views import Trend
from longpole.reports.tree_nodes import Node, node_id, node_name
from longpole.reports.trend import TREND
from longpole.reports.views import ExecutionTree

FLUSH_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingFilters:
    """Which stored executions; `None` filters nothing, all given ones must hold.

    Args:
        agent: the agent's name; without it only executions that no other called.
        since: started at this time or later. A time without a zone is UTC.
        until: started before this time.
        min_duration_ms: took at least so long.
        status: such as "failed".
        conversation_id: the conversation that it belongs to.
        workspace: whose data; without it the configured one.
        limit: at most so many, the newest; 1 to 1,000.
    """

    agent: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_duration_ms: float | None = None
    status: str | None = None
    conversation_id: str | None = None
    workspace: str | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class TrendDay:
    """One day (UTC) of an operation; percentiles are within 1 %."""

    day: str
    count: int
    failed: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TrendChange:
    """A day (UTC) from which on a number was another one.

    `metric` is `p50` or `p95` (milliseconds), `errors` (a share) or `calls` (timings a day). The day lies between
    `earliest` and `latest` with 95 % confidence; `confidence` is how sure it is that there was a change.
    """

    metric: str
    day: str
    earliest: str
    latest: str
    before: float
    after: float
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TrendData:
    """How an operation went; `points` has the days on which it ran, the oldest first.

    `change` is the median of the later half of the days over that of the earlier half, less 1: 0.2 is 20 % slower. It
    is `None` where a half has under 30 timings, because it would be noise. `changes` are the days on which it changed.
    """

    operation: str
    days: int
    count: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    change: float | None
    points: list[TrendDay]
    changes: list[TrendChange]


class TimingPersistence:
    """Timings in the store. It holds nothing: call its methods on the class or on an instance.

    Where it asks, and which errors that raises, is as with `ExecutionAnalytics`.
    """

    @staticmethod
    async def store_execution_timing(tree: ExecutionTimingTree) -> str:
        """Stores a tree, and gives the id of the execution that it is then.

        A tree that was timed while recording was on is only waited for: it is on its way. Stored twice it is there
        once. Entries that still run are left out.

        Raises:
            SettingsError: recording is off.
            InvalidInput: the tree has no root, or its root still runs.
            StoreError: within ten seconds it reached neither a server nor the spool.
        """
        execution_id = tree.root_id if tree.is_recorded else record_tree(tree)
        if not await to_thread(flush, FLUSH_S):
            raise StoreError(
                f"The timings of {execution_id} were not stored within {FLUSH_S:g} s. Expected a server that answers, "
                "or a spool folder with room. Look at the log 'longpole' and at the settings `endpoint` and `spool`."
            )
        return execution_id

    @staticmethod
    async def query_historical_timings(filters: TimingFilters | None = None) -> list[ExecutionTimingTree]:
        """The trees of stored executions, the newest first, with everything below them.

        An entry's metadata hold `agent_name`, `status`, and as far as they are known `model`, `tool` and `error`.
        """
        return await to_thread(_trees, filters or TimingFilters())

    @staticmethod
    async def get_trend_analysis(operation: str, days: int = 30, *, workspace: str | None = None) -> TrendData:
        """How the steps of a name, or the executions of the agent of that name, went over the last days.

        Args:
            operation: exactly as it was timed. Of one that did not run, `points` is empty.
            days: how many, today included; 1 to 3,660.
            workspace: whose data; without it the configured one.
        """
        return _trend_data(await to_thread(_trend, operation, days, workspace))


def _trees(filters: TimingFilters) -> list[ExecutionTimingTree]:
    pairs = _pairs(filters)
    with open_answers() as answers:
        page = answers.executions(pairs)
        return [_timing_tree(answers.execution(item.execution_id, workspace=item.workspace)) for item in page.items]


def _pairs(filters: TimingFilters) -> Pairs:
    given = {
        "workspace": filters.workspace or settings.in_force().workspace,
        "agent": filters.agent,
        "parent": "none" if filters.agent is None else None,
        "from": _rfc3339(filters.since),
        "to": _rfc3339(filters.until),
        "min_duration_ms": None if filters.min_duration_ms is None else f"{filters.min_duration_ms:f}",
        "status": filters.status,
        "session": filters.conversation_id,
        "limit": filters.limit,
    }
    return [(name, str(value)) for name, value in given.items() if value is not None]


def _rfc3339(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).isoformat()


def _timing_tree(shown: ExecutionTree) -> ExecutionTimingTree:
    root_id = shown.execution.execution_id
    tree = ExecutionTimingTree(root_id, is_recorded=True)
    origin_ns = clock.from_rfc3339(shown.started_at)
    agents = {node.execution_id: node.agent for node in shown.executions}
    ids = {node.span_id: node.execution_id for node in shown.executions if node.execution_id == root_id}
    nodes = sorted([*shown.executions, *shown.steps], key=lambda node: (node.offset_ns, node_id(node) not in ids))
    known = {node_id(node) for node in nodes}
    for node in nodes:
        span = node_id(node)
        above = node.parent_step_id if node.parent_step_id in known else None
        parent = None if span in ids else ids.get(above, above) if above is not None else root_id
        start_ns = origin_ns + node.offset_ns
        entry = TimingEntry(
            operation=node_name(node),
            category=Category.AGENT if isinstance(node, ExecutionNode) else node.category,
            start_time=start_ns / 1e9,
            end_time=None if node.duration_ns is None else (start_ns + node.duration_ns) / 1e9,
            duration_ms=None if node.duration_ns is None else node.duration_ns / 1e6,
            metadata=_metadata(node, agents),
            parent_id=parent,
            id=ids.get(span, span),
        )
        tree.add(entry)
    return tree


def _metadata(node: Node, agents: dict[str, str]) -> dict[str, object]:
    told = {
        "agent_name": agents.get(node.execution_id),
        "status": node.status,
        "model": node.model,
        "tool": node.tool if isinstance(node, StepNode) else None,
        "error": node.error_type,
    }
    return {name: value for name, value in told.items() if value is not None}


def _trend(operation: str, days: int, workspace: str | None) -> Trend:
    place = settings.in_force().workspace if workspace is None else workspace
    with open_answers() as answers:
        return answers.ask(TREND, [("operation", operation), ("days", str(days)), ("workspace", place)])


def _trend_data(trend: Trend) -> TrendData:
    return TrendData(
        operation=trend.operation,
        days=trend.days,
        count=trend.timings,
        failed=trend.failed,
        p50_ms=None if trend.p50_ns is None else trend.p50_ns / 1e6,
        p95_ms=None if trend.p95_ns is None else trend.p95_ns / 1e6,
        p99_ms=None if trend.p99_ns is None else trend.p99_ns / 1e6,
        change=trend.change,
        points=[
            TrendDay(
                day=point.day,
                count=point.timings,
                failed=point.failed,
                mean_ms=point.mean_ns / 1e6,
                p50_ms=point.p50_ns / 1e6,
                p95_ms=point.p95_ns / 1e6,
                p99_ms=point.p99_ns / 1e6,
            )
            for point in trend.points
        ],
        changes=[_trend_change(change) for change in trend.changes],
    )


def _trend_change(change: MetricChange) -> TrendChange:
    unit = 1e6 if change.metric in ("p50", "p95") else 1.0
    return TrendChange(
        metric=change.metric,
        day=change.at[:10],
        earliest=change.earliest[:10],
        latest=change.latest[:10],
        before=change.before / unit,
        after=change.after / unit,
        confidence=change.confidence,
    )
