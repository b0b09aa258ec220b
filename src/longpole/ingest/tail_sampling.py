"""Which executions the server keeps when they have ended: all that are remarkable, and a share of the others.

Two strata. Remarkable groups of traces are always kept and stand for themselves (weight 1). Of the ordinary ones a
share is kept by a hash of the trace id, and each kept one stands for 1 / share. Within each stratum the sum of the
weights is, on average, the number of groups that there were, so a weighted sum or mean over both is unbiased (Horvitz
and Thompson, "A Generalization of Sampling Without Replacement From a Finite Universe", JASA 1952).
"""

import hashlib

from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.settle import Rows
from longpole.ingest.usage import FAILING

_RANGE = 2**64


class TailSampling(Struct, frozen=True, kw_only=True):
    """`rate` is the share of ordinary groups that is kept, 0 to 1; from `slow_ns` on an execution is remarkable."""

    rate: float
    slow_ns: int

    def weight_of(self, rows: Rows) -> float | None:
        """For how many groups like it a settled one stands, or `None` if nothing of it is kept."""
        if is_remarkable(rows, slow_ns=self.slow_ns):
            return 1.0
        return 1 / self.rate if _place_of(rows) < self.rate else None


def is_remarkable(rows: Rows, *, slow_ns: int) -> bool:
    """Whether something in the group failed, an execution of it was slow, or somebody scored it."""
    if rows.scores or any(row.status in FAILING for row in rows.steps):
        return True
    return any(
        row.status in FAILING or row.error_type is not None or (row.duration_ns or 0) >= slow_ns
        for row in rows.executions
    )


def weigh(rows: Rows, tail_weight: float) -> Rows:
    """The rows with the weight of their senders times this one."""
    return replace(
        rows,
        executions=[replace(row, weight=row.weight * tail_weight, tail_weight=tail_weight) for row in rows.executions],
        steps=[replace(row, weight=row.weight * tail_weight) for row in rows.steps] if tail_weight != 1 else rows.steps,
    )


def _place_of(rows: Rows) -> float:
    """Where the group's first trace falls between 0 and 1: the same place however often it comes.

    A trace that links to one which is not there takes that one's place, because it was decided by it.
    """
    tops = [row for row in rows.executions if row.parent_execution_id is None]
    if not tops:
        return 0.0
    first = min(tops, key=lambda row: (row.started_ns, row.trace_id, row.span_id))
    known = {row.trace_id for row in rows.executions}
    is_elsewhere = first.link_trace_id is not None and first.link_trace_id not in known
    trace_id = first.link_trace_id if is_elsewhere and first.link_trace_id is not None else first.trace_id
    return int.from_bytes(hashlib.blake2b(trace_id.encode(), digest_size=8).digest(), "big") / _RANGE
