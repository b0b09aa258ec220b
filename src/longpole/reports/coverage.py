"""How much of one execution's wall time is explained, where the gaps are, and which operations have no times."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from longpole.analysis.coverage import Coverage as Measured
from longpole.analysis.coverage import Gap as Stretch
from longpole.analysis.coverage import measure_coverage
from longpole.model.event import EventKind
from longpole.model.execution import ExecutionKind
from longpole.model.status import OPEN_STATUSES
from longpole.reports.family import Family, is_execution, key_above, load_family, span_key, span_of
from longpole.reports.filters import GapLimit
from longpole.reports.rows import Row
from longpole.reports.views import Coverage, CoverageSummary, Gap, UntimedOperation
from longpole.reports.which_execution import find_execution, tree_of_row
from longpole.store.engine import Engine
from longpole.wire.longpole_names import STAGE_STARTED

GAP_NS = GapLimit().gap_ns
"""Longer gaps are named, unless another limit is asked for: the timing architecture's "operations taking >100ms"."""

_AGENTS = (ExecutionKind.AGENT, ExecutionKind.WORKFLOW)


def coverage_of(store: Engine, execution: str, limit: GapLimit) -> Coverage:
    """The coverage of the execution that `execution` names, with every gap longer than `limit.gap_ns`.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    family = load_family(store, find_execution(store, execution, workspace=limit.workspace))
    measured = measure(family)
    long_gaps = [gap for gap in measured.gaps if gap.duration_ns > limit.gap_ns]
    places = _places(store, family, long_gaps)
    stages = _Stages(family.events)
    operations, untimed = _operations(family)
    return Coverage(
        execution_id=family.top["execution_id"],
        agent=family.top["agent"],
        status=family.top["status"],
        is_running=family.top["duration_ns"] is None,
        duration_ns=measured.duration_ns,
        gap_ns=limit.gap_ns,
        share=measured.share,
        unexplained_ns=measured.unexplained_ns,
        largest_gap_ns=_largest(measured),
        operations=operations,
        timed=operations - len(untimed),
        gaps=[_gap(family, gap, places, stages) for gap in long_gaps],
        untimed=untimed,
    )


def summarize(family: Family) -> CoverageSummary:
    """The coverage of a family's top execution in a few numbers."""
    measured = measure(family)
    operations, untimed = _operations(family)
    return CoverageSummary(
        share=measured.share,
        gaps=sum(gap.duration_ns > GAP_NS for gap in measured.gaps),
        largest_gap_ns=_largest(measured),
        operations=operations,
        timed=operations - len(untimed),
    )


def largest_gaps(store: Engine, family: Family, most: int) -> list[Gap]:
    """At most so many gaps of a family's top execution, the longest first, of any length."""
    gaps = sorted(measure(family).gaps, key=lambda gap: (-gap.duration_ns, gap.started_ns))[:most]
    places = _places(store, family, gaps)
    stages = _Stages(family.events)
    return [_gap(family, gap, places, stages) for gap in gaps]


def measure(family: Family) -> Measured:
    """All gaps of a family's top execution. The root of a trace without agents explains its own time as a step does."""
    return measure_coverage(
        family.tree,
        family.position,
        categories=[row["category"] for row in family.spans],
        is_agent=[is_execution(row) and row["kind"] in _AGENTS for row in family.spans],
    )


def _largest(measured: Measured) -> int | None:
    return max((gap.duration_ns for gap in measured.gaps), default=None)


def _operations(family: Family) -> tuple[int, list[UntimedOperation]]:
    """How many operations the execution has, itself included, and those without times, in order of start."""
    below = [family.spans[node] for node in family.tree.below(family.position)]
    orphans = list(_orphans(family)) if family.missing_parents else []
    untimed = [_untimed(row, _missing_end(row), family) for row in below if row["duration_ns"] is None]
    untimed += [_untimed(row, "no_parent", family) for row in orphans]
    return len(below) + len(orphans), sorted(untimed, key=lambda operation: operation.offset_ns)


def _orphans(family: Family) -> Iterable[Row]:
    """Steps whose parent never arrived. What lies above the execution itself is not its affair."""
    known = {span_key(row): row for row in (*family.executions, *family.steps)}
    above: set[str] = set()
    key = key_above(family.top)
    while key is not None and key in known and key not in above:
        above.add(key)
        key = key_above(known[key])
    for row in family.steps:
        key = key_above(row)
        if row["is_outside"] and key is not None and key not in known and span_key(row) not in above:
            yield row


def _missing_end(row: Row) -> str:
    return "open" if row["status"] in OPEN_STATUSES else "unended"


def _untimed(row: Row, reason: str, family: Family) -> UntimedOperation:
    return UntimedOperation(
        name=_name(row),
        span_id=span_of(row),
        execution_id=row["execution_id"],
        offset_ns=row["started_ns"] - family.top["started_ns"],
        reason=reason,
    )


_Places = dict[str, Row]


def _places(store: Engine, family: Family, gaps: Sequence[Stretch]) -> _Places:
    """By span key, rows with the place in the code of what the gaps are inside of."""
    rows = [family.spans[node] for node in {gap.inside for gap in gaps}]
    places = {span_key(row): row for row in rows if is_execution(row)}
    step_ids = sorted(span_of(row) for row in rows if not is_execution(row))
    if step_ids:
        asked = {**tree_of_row(family.top), "step_ids": step_ids}
        places.update((row["trace_id"] + row["step_id"], row) for row in store.rows("code_of_steps", asked))
    return places


class _Stages:
    """Which stage an execution is in, by the events that it sent."""

    def __init__(self, events: Sequence[Row]) -> None:
        self._times: dict[str, list[int]] = {}
        self._stages: dict[str, list[str | None]] = {}
        for event in events:  # in order of time
            if event["kind"] == EventKind.STAGE:
                self._times.setdefault(event["execution_id"], []).append(event["time_ns"])
                stage = event["stage"] if event["status"] in (None, STAGE_STARTED) else None
                self._stages.setdefault(event["execution_id"], []).append(stage)

    def at(self, execution_id: str, time_ns: int) -> str | None:
        """The stage at a moment; `None` before the first and between two."""
        place = bisect_right(self._times.get(execution_id, ()), time_ns)
        return self._stages[execution_id][place - 1] if place else None


def _gap(family: Family, gap: Stretch, places: _Places, stages: _Stages) -> Gap:
    inside = family.spans[gap.inside]
    before = None if gap.before is None else family.spans[gap.before]
    after = None if gap.after is None else family.spans[gap.after]
    place = places.get(span_key(inside), inside)
    return Gap(
        offset_ns=gap.started_ns - family.top["started_ns"],
        duration_ns=gap.duration_ns,
        inside=_name(inside),
        inside_id=span_of(inside),
        is_agent=is_execution(inside),
        execution_id=inside["execution_id"],
        before=None if before is None else _name(before),
        before_id=None if before is None else span_of(before),
        after=None if after is None else _name(after),
        after_id=None if after is None else span_of(after),
        stage=stages.at(inside["execution_id"], gap.started_ns),
        code_file=place.get("code_file"),
        code_line=place.get("code_line"),
        code_function=place.get("code_function"),
    )


def _name(row: Row) -> str:
    return row["agent"] if is_execution(row) else row["name"]
