"""Two executions step by step: what is slower, dearer, new or gone."""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from longpole.analysis.alignment import Pair, align
from longpole.analysis.totals import name_for_path
from longpole.model.category import Category
from longpole.reports.compare_views import Comparison, NameChange, StepPair, StepSide
from longpole.reports.family import Family, is_execution, load_family, span_of
from longpole.reports.filter_values import WORKSPACE, Filter, Pairs, missing, read_given
from longpole.reports.numbers import counted, duration_text
from longpole.reports.question import Question
from longpole.reports.rows import Row, dollars, execution_item
from longpole.reports.together import together
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

MOST_PAIRS = 5000
OWN_TIME = "(own time)"
"""The name of what executions spend in no step of theirs."""

COMPARE_FILTERS = (
    Filter(
        name="a", meaning="The first execution: an id, a unique part of one, or a trace id; required.", example="1f3"
    ),
    Filter(name="b", meaning="The one that is held against it; required.", example="9c0"),
    WORKSPACE,
)
"""The parameters of `GET /api/analysis/compare`."""


class CompareFilters(Struct, frozen=True, kw_only=True):
    """Which two executions."""

    a: str
    b: str
    workspace: str | None


def read_compare_filters(pairs: Pairs) -> CompareFilters:
    """What names and texts describe.

    Raises:
        InvalidInput: an execution is not named, a name is unknown or repeated.
    """
    given = read_given(pairs, COMPARE_FILTERS)
    for name in ("a", "b"):
        if name not in given:
            raise missing(name, "an execution id, a unique part of one, or a trace id")
    return CompareFilters(a=given["a"], b=given["b"], workspace=given.get("workspace"))


def compare(store: Engine, filters: CompareFilters) -> Comparison:
    """Two executions side by side. Cost: loading both trees, and aligning them."""
    a, b = together(*(partial(_family_of, store, name, filters.workspace) for name in (filters.a, filters.b)))
    called = _Names(frozenset(_names_in(a) & _names_in(b)))
    found = align(
        a.tree,
        a.position,
        b.tree,
        b.position,
        key_a=lambda position: called.key_of(a.spans[position]),
        key_b=lambda position: called.key_of(b.spans[position]),
    )
    names = _names(a, b, found, called)
    change = _change(a.top["duration_ns"], b.top["duration_ns"])
    only_in_a = sum(pair.b is None for pair in found)
    only_in_b = sum(pair.a is None for pair in found)
    return Comparison(
        a=execution_item(a.top),
        b=execution_item(b.top),
        message=_message(a.top, b.top, names),
        duration_change_ns=change,
        matched=len(found) - only_in_a - only_in_b,
        only_in_a=only_in_a,
        only_in_b=only_in_b,
        names=names,
        pairs=[_pair(a, b, pair, called) for pair in found[:MOST_PAIRS]],
        pairs_left_out=max(0, len(found) - MOST_PAIRS),
    )


def _family_of(store: Engine, name: str, workspace: str | None) -> Family:
    return load_family(store, find_execution(store, name, workspace=workspace))


class _Names(Struct, frozen=True):
    """What steps are called: a name that both executions have, as it is; else with its numbers left out."""

    shared: frozenset[str]

    def name_of(self, row: Row) -> str:
        """The agent, else the tool, else the step's name."""
        name: str = row["agent"] if is_execution(row) else row["tool"] or row["name"]
        return name if name in self.shared else name_for_path(name)

    def key_of(self, row: Row) -> Hashable:
        """What a step must share with another one to be the same: a model call its place, all else its name."""
        if is_execution(row):
            return "execution", self.name_of(row)
        if row["category"] == Category.LLM:
            return "step", Category.LLM
        return "step", row["category"], self.name_of(row)


def _names_in(family: Family) -> set[str]:
    return {row["agent"] if is_execution(row) else row["tool"] or row["name"] for row in family.spans}


def _pair(a: Family, b: Family, pair: Pair, called: _Names) -> StepPair:
    row_a = None if pair.a is None else a.spans[pair.a]
    row_b = None if pair.b is None else b.spans[pair.b]
    row = row_b if row_b is not None else row_a
    if row is None:
        raise AssertionError("a pair has one side at least")
    side_a, side_b = _side(a, row_a), _side(b, row_b)

    def change(name: str) -> Any:
        return _change(getattr(side_a, name), getattr(side_b, name)) if side_a and side_b else None

    return StepPair(
        name=called.name_of(row),
        category=row["category"],
        depth=pair.depth,
        is_execution=is_execution(row),
        is_moved=pair.is_moved,
        a=side_a,
        b=side_b,
        duration_change_ns=change("duration_ns"),
        self_change_ns=change("self_ns"),
        critical_change_ns=change("critical_ns"),
        cost_change_usd=change("cost_usd"),
    )


def _side(family: Family, row: Row | None) -> StepSide | None:
    if row is None:
        return None
    return StepSide(
        id=row["execution_id"] if is_execution(row) else span_of(row),
        status=row["status"],
        offset_ns=row["started_ns"] - family.top["started_ns"],
        duration_ns=row["duration_ns"],
        self_ns=row["self_ns"],
        critical_ns=row["critical_ns"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cost_usd=dollars(row["cost_usd_nanos"]),
        model=row["model"],
    )


class _Sum(Struct):
    """Steps of one name in one execution."""

    count: int = 0
    self_ns: int | None = None
    critical_ns: int | None = None
    cost_usd_nanos: int | None = None

    def add(self, row: Row) -> None:
        self.count += 1
        self.self_ns = _sum(self.self_ns, row["self_ns"])
        self.critical_ns = _sum(self.critical_ns, row["critical_ns"])
        if not is_execution(row):  # an execution's is that of its steps
            self.cost_usd_nanos = _sum(self.cost_usd_nanos, row["cost_usd_nanos"])


def _names(a: Family, b: Family, pairs: Sequence[Pair], called: _Names) -> list[NameChange]:
    sums: dict[tuple[str, str], tuple[_Sum, _Sum]] = {}
    for pair in pairs:
        for side, family, position in ((0, a, pair.a), (1, b, pair.b)):
            if position is None:
                continue
            row = family.spans[position]
            name = OWN_TIME if is_execution(row) else called.name_of(row)
            sums.setdefault((name, row["category"] if name != OWN_TIME else ""), (_Sum(), _Sum()))[side].add(row)
    changes = [
        NameChange(
            name=name,
            category=category,
            count_a=one.count,
            count_b=other.count,
            self_a_ns=one.self_ns,
            self_b_ns=other.self_ns,
            critical_a_ns=one.critical_ns,
            critical_b_ns=other.critical_ns,
            cost_a_usd=dollars(one.cost_usd_nanos),
            cost_b_usd=dollars(other.cost_usd_nanos),
        )
        for (name, category), (one, other) in sums.items()
    ]
    return sorted(changes, key=lambda one: (-abs(critical_change(one)), -abs(self_change(one)), one.name))


def critical_change(change: NameChange) -> int:
    """By how much more of the critical path a name takes in `b`, in nanoseconds; what one has not, it takes 0 of."""
    return (change.critical_b_ns or 0) - (change.critical_a_ns or 0)


def self_change(change: NameChange) -> int:
    """By how much more time of its own a name takes in `b`, in nanoseconds."""
    return (change.self_b_ns or 0) - (change.self_a_ns or 0)


def _message(a: Row, b: Row, names: Sequence[NameChange]) -> str:
    change = _change(a["duration_ns"], b["duration_ns"])
    if change is None:
        running = "B" if b["duration_ns"] is None else "A"
        return f"{running} still runs: there is no duration to compare."
    if change == 0:
        return "Both took equally long."
    took = f"B took {duration_text(b['duration_ns'])}, A {duration_text(a['duration_ns'])}"
    said = f"{took}: {duration_text(abs(change))} {'more' if change > 0 else 'less'}"
    sign = 1 if change > 0 else -1
    owners = [one for one in names if critical_change(one) * sign > 0][:3]
    parts = [f"{one.name} {_signed(critical_change(one))}{_calls(one)}" for one in owners]
    return f"{said}. On the critical path: {', '.join(parts)}." if parts else f"{said}."


def _calls(change: NameChange) -> str:
    if change.name == OWN_TIME or change.count_a == change.count_b:
        return ""
    return f" ({counted(change.count_b, 'call')}, was {change.count_a})"


def _signed(change_ns: int) -> str:
    return f"+{duration_text(change_ns)}" if change_ns > 0 else duration_text(change_ns)


def _change(a: Any, b: Any) -> Any:
    return None if a is None or b is None else b - a


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


COMPARE = Question(
    name="compare",
    meaning="Two executions step by step: what is slower, dearer, new or gone.",
    view=Comparison,
    filters=COMPARE_FILTERS,
    ask=lambda store, pairs: compare(store, read_compare_filters(pairs)),
)
