"""What the analysis says about a tree: kept from settling where that is done, computed "so far" where it is not."""

from msgspec import Struct

from longpole.analysis.critical_path import Stretch, Weights, find_critical_path, weigh_spans
from longpole.analysis.totals import measure_self_times, share_wall_time
from longpole.model.status import ExecutionStatus
from longpole.reports.family import Family, is_execution
from longpole.reports.rows import Row, category_times

_NOT_YET_NS = 2**62


class Measures(Struct, frozen=True, kw_only=True):
    """Shares (nanoseconds by category) and critical path of a family's top execution.

    `self_ns` and `weights` (by position in the tree) are there only while the family is not settled; afterwards the
    rows have them.
    """

    shares: dict[str, int]
    path: list[Stretch]
    self_ns: list[int] | None
    weights: Weights | None


def measure_family(family: Family) -> Measures:
    """The measures of a family; their sums are the execution's duration, so far while it runs."""
    tree, top = family.tree, family.position
    path = find_critical_path(tree, top)
    kept = category_times(family.top["category_ns"])
    if kept is not None:
        return Measures(shares=kept, path=path, self_ns=None, weights=None)
    shares = share_wall_time(
        tree,
        top,
        categories=[row["category"] for row in family.spans],
        is_execution=[is_execution(row) for row in family.spans],
        first_token_ns=[_first_token_ns(row) for row in family.spans],
        path=path,
    )
    return Measures(shares=shares, path=path, self_ns=measure_self_times(tree), weights=weigh_spans(tree, top))


def _first_token_ns(row: Row) -> int | None:
    """When its first token came; of a model call that still waits for it, not yet."""
    if row["status"] == ExecutionStatus.LLM_REQUEST and row["ended_ns"] is None:
        return _NOT_YET_NS
    return row["first_token_ns"]
