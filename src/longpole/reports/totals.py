"""Where the time of one execution went, added up: the bar of its wall time, and by category, agent, step and model."""

from collections.abc import Iterable, Mapping

from longpole.analysis.critical_path import weigh_spans
from longpole.analysis.grouped_totals import SpanTimes, Sums, add_up, wall_times
from longpole.analysis.model_time import covered_ns
from longpole.analysis.totals import measure_self_times, split_wall_time
from longpole.model.category import Category
from longpole.model.status import ExecutionStatus
from longpole.reports.coverage import largest_gaps, summarize
from longpole.reports.family import Family, is_execution, load_family
from longpole.reports.filter_values import WORKSPACE, Pairs, read_workspace
from longpole.reports.measure_tree import measure_family
from longpole.reports.path_views import ExecutionTotals, Share, SpanTotal
from longpole.reports.question import QuestionOfOne
from longpole.reports.rows import Row
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

MOST_GAPS = 5
"""Gaps that are told of, the longest ones."""

_FAILED = (ExecutionStatus.FAILED, ExecutionStatus.TIMEOUT, ExecutionStatus.CRASHED)


def totals_of(store: Engine, execution: str, pairs: Pairs) -> ExecutionTotals:
    """The totals of the execution that `execution` names, so far while it runs.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several, or a filter is unknown.
    """
    family = load_family(store, find_execution(store, execution, workspace=read_workspace(pairs)))
    tree, top = family.tree, family.position
    duration_ns = tree.ends[top] - tree.starts[top]
    models_ns = covered_ns(_model_calls(family), tree.starts[top], tree.ends[top])
    groups = _Groups(family, duration_ns)
    return ExecutionTotals(
        execution_id=family.top["execution_id"],
        agent=family.top["agent"],
        status=family.top["status"],
        is_running=family.top["duration_ns"] is None,
        duration_ns=duration_ns,
        bar=_bar(measure_family(family).shares, duration_ns),
        by_category=groups.totals({node: row["category"] for node, row in groups.rows.items()}),
        by_agent=groups.totals_of_agents(),
        by_step=groups.totals({node: row["name"] for node, row in groups.rows.items() if not is_execution(row)}),
        by_model=groups.totals(
            {
                node: row["model"]
                for node, row in groups.rows.items()
                if _is_model_call(row) and row["model"] is not None
            }
        ),
        models_ns=models_ns,
        overhead_ns=duration_ns - models_ns,
        coverage=summarize(family),
        gaps=largest_gaps(store, family, MOST_GAPS),
    )


class _Groups:
    """The spans of a family's top execution, ready to be added up."""

    def __init__(self, family: Family, duration_ns: int) -> None:
        tree, top = family.tree, family.position
        self._duration_ns = duration_ns
        weights = weigh_spans(tree, top)
        self.rows = {node: family.spans[node] for node in tree.below(top)}
        self._agents = {row["execution_id"]: row["agent"] for row in family.executions}
        self._has_failed = [row["status"] in _FAILED for row in family.spans]
        self._is_execution = [is_execution(row) for row in family.spans]
        self._times = SpanTimes(
            durations=[end - start for start, end in zip(tree.starts, tree.ends, strict=True)],
            self_ns=measure_self_times(tree),
            critical_ns=[weights.critical_ns.get(node, 0) for node in range(len(tree))],
            wall_ns=wall_times(split_wall_time(tree, top, weights.path), len(tree)),
        )

    def totals(self, keys: Mapping[int, str]) -> list[SpanTotal]:
        """The totals by key, the largest share first."""
        return self._views(add_up(keys, self._times, has_failed=self._has_failed))

    def totals_of_agents(self) -> list[SpanTotal]:
        """The totals by agent: its executions are counted, the time is that of all its steps."""
        keys = {node: self._agents[row["execution_id"]] for node, row in self.rows.items()}
        is_counted = self._is_execution
        return self._views(add_up(keys, self._times, has_failed=self._has_failed, is_counted=is_counted))

    def _views(self, groups: Mapping[str, Sums]) -> list[SpanTotal]:
        whole_ns = self._duration_ns
        return [
            SpanTotal(
                name=name,
                count=sums.count,
                failed=sums.failed,
                total_ns=sums.total_ns,
                self_ns=sums.self_ns,
                critical_ns=sums.critical_ns,
                wall_ns=sums.wall_ns,
                share=sums.wall_ns / whole_ns if whole_ns > 0 else 0.0,
            )
            for name, sums in groups.items()
        ]


def _bar(shares: Mapping[str, int], whole_ns: int) -> list[Share]:
    return [
        Share(name=name, duration_ns=part_ns, share=part_ns / whole_ns if whole_ns > 0 else 0.0)
        for name, part_ns in sorted(shares.items(), key=lambda part: (-part[1], part[0]))
    ]


def _is_model_call(row: Row) -> bool:
    return row["category"] == Category.LLM


def _model_calls(family: Family) -> Iterable[tuple[int, int]]:
    tree = family.tree
    for node in tree.below(family.position):
        if _is_model_call(family.spans[node]):
            yield tree.starts[node], tree.ends[node]


TOTALS = QuestionOfOne(
    name="totals",
    meaning="Where the time of an execution went: its wall time as one bar, and by category, agent, step and model.",
    view=ExecutionTotals,
    filters=(WORKSPACE,),
    ask=totals_of,
)
