"""What executions would have been without the faults that an audit found: run again in the simulation, one by one."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from longpole.analysis.advice import Scene, make_scene
from longpole.analysis.audit_cures import UNBLOCKED, Cure, changes_of, cure_of
from longpole.analysis.code_places import RanBy, RecordedPlace
from longpole.analysis.span import Span
from longpole.model.category import Category
from longpole.reports.audit_measure import Key, LookedAt, Measured, Stack, blamed_for
from longpole.reports.family import Family, load_family, span_key
from longpole.reports.spans_of import spans_of
from longpole.store.engine import Engine

MOST_SIMULATED = 60
"""Executions that are simulated, of those in which any of the places ran."""

ENOUGH_OF_EACH = 5
"""Of a finding that ran in few of those, so many more are."""

MOST_MORE = 60
"""But no more than these for all findings together."""

MOST_SPANS = 300_000
"""Spans of all simulated executions together: about 5 us each."""

_BLOCKED = Category.BLOCKED_LOOP.value
_NAMED = re.compile(r"`([\w.]+)`")


class Simulated(Struct, frozen=True):
    """Savings in nanoseconds by execution: of each finding by its position, and of all at once. A finding of which
    nobody can tell what it costs is not in there."""

    each: Mapping[int, Mapping[Key, int]]
    together: Mapping[Key, int]


class Effect(Struct, frozen=True):
    """What a cure does: the mean saving of an execution that it changes, for how many those stand, and by which share
    p50 and p95 of all fall."""

    saving_ns: int
    affected_weight: float
    p50_drop: float | None
    p95_drop: float | None


def simulate(store: Engine, measured: Measured, wanted: Sequence[int]) -> Simulated:
    """The executions in which any of the wanted findings ran, up to the limits, without each and without all.

    Cost: three queries for an execution and 10 us for each of its spans.
    """
    each: dict[int, dict[Key, int]] = {}
    together: dict[Key, int] = {}
    known: dict[int, bool] = {}
    spans = 0
    found = {one.key: one.found for one in measured.sample.executions}
    at_place = {number for number in wanted if _is_at_place(measured, number)}
    for key in _chosen(measured, wanted):
        if spans > MOST_SPANS:
            break
        family = load_family(store, found[key])
        scene = make_scene(family.tree, family.position, spans_of(store, family))
        spans += len(scene.tree)
        cures = _cures(store, measured, wanted, family, scene)
        for number, cure in cures.items():
            is_unblocked = measured.findings[number].rule in UNBLOCKED
            known[number] = known.get(number, False) or bool(cure) or (is_unblocked and number in at_place)
            each.setdefault(number, {})[key] = _saving_ns(scene, [cure])
        together[key] = _saving_ns(scene, cures.values())
    return Simulated({number: savings for number, savings in each.items() if known[number]}, together)


def effect_of(executions: Sequence[LookedAt], affected: Iterable[Key], savings: Mapping[Key, int]) -> Effect | None:
    """What a cure does to these executions; of those affected that were not simulated, as it does to the others.

    `None` where none was simulated.
    """
    changed = set(affected)
    simulated = [one for one in executions if one.key in savings]
    if not simulated:
        return None
    before = sum(one.duration_ns * one.weight for one in simulated)
    weight = sum(one.weight for one in simulated)
    saved = sum(savings[one.key] * one.weight for one in simulated)
    share = saved / before if before else 0.0
    durations = [(one.duration_ns, one.weight) for one in executions]
    cured = [
        (
            one.duration_ns - savings.get(one.key, one.duration_ns * share if one.key in changed else 0),
            one.weight,
        )
        for one in executions
    ]
    return Effect(
        round(saved / weight),
        sum(one.weight for one in executions if one.key in changed),
        _drop(durations, cured, 0.5),
        _drop(durations, cured, 0.95),
    )


def weighted_quantile(values: Iterable[tuple[float, float]], share: float) -> float | None:
    """The value that this share of the weight does not exceed; `None` without any."""
    ordered = sorted(values)
    rest = share * sum(weight for _, weight in ordered)
    for value, weight in ordered:
        rest -= weight
        if rest <= 1e-9:
            return value
    return ordered[-1][0] if ordered else None


def _drop(before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]], share: float) -> float | None:
    was, is_now = weighted_quantile(before, share), weighted_quantile(after, share)
    return None if not was or is_now is None else max(0.0, 1 - is_now / was)


def _chosen(measured: Measured, wanted: Sequence[int]) -> list[Key]:
    """In the order of the sample, which is by chance; then some more for findings that ran in few of these."""
    affected = [one.key for one in measured.sample.executions if any(one.key in measured.ran[n] for n in wanted)]
    chosen = dict.fromkeys(affected[:MOST_SIMULATED])
    most = len(chosen) + MOST_MORE
    for number in wanted:
        mine = [key for key in affected if key in measured.ran[number]]
        lacking = ENOUGH_OF_EACH - sum(key in chosen for key in mine)
        for key in [key for key in mine if key not in chosen][: max(0, lacking)]:
            if len(chosen) < most:
                chosen[key] = None
    return [*chosen]


def _is_at_place(measured: Measured, number: int) -> bool:
    return any(ran.by in (RanBy.LINE, RanBy.STACK) or ran.waited_ns for ran in measured.ran[number].values())


def _saving_ns(scene: Scene, cures: Iterable[Cure]) -> int:
    changes = changes_of(scene, cures)
    return max(0, scene.simulator.before_ns - scene.simulator.duration_after(changes)) if changes else 0


def _cures(store: Engine, measured: Measured, wanted: Sequence[int], family: Family, scene: Scene) -> dict[int, Cure]:
    """The cures of the findings that ran in an execution, by their positions."""
    blocks: dict[int, list[int]] = {}
    functions: dict[int, list[int]] = {}
    for node in scene.tree.below(scene.top):
        span = scene.spans[node]
        if span.code_file is None:
            continue
        is_block = span.category == _BLOCKED
        stack = _stack(measured, family, node, span) if is_block else ()
        place = RecordedPlace(span.code_file, span.code_line, span.code_function, is_block, stack)
        for number in measured.places.met_by(place):
            (blocks if is_block else functions).setdefault(number, []).append(node)
    lost = _lost(store, measured, family)
    workspace = family.top["workspace"]
    met = {*blocks, *functions, *lost}
    return {
        number: cure_of(
            scene,
            measured.findings[number].rule,
            named=_named(measured.findings[number].message),
            blocks=blocks.get(number, ()),
            functions=functions.get(number, ()),
            lost_ns=lost.get(number, {}),
        )
        for number in wanted
        if number in met and measured.findings[number].workspace == workspace
    }


def _named(message: str) -> frozenset[str]:
    """What stands in backticks, without the modules and objects before it."""
    return frozenset(name.rpartition(".")[2] for name in _NAMED.findall(message))


def _stack(measured: Measured, family: Family, node: int, span: Span) -> Stack:
    return measured.blocks.stack((span.code_file or "", span.code_line), span=span_key(family.spans[node]))


def _lost(store: Engine, measured: Measured, family: Family) -> dict[int, dict[int, int]]:
    """By finding, how long which spans stood still because of it."""
    positions = {span_key(row): position for position, row in enumerate(family.spans)}
    traces = sorted({row["trace_id"] for row in family.spans})
    asked = {"workspace": family.top["workspace"], "trace_ids": traces}
    found: dict[int, dict[int, int]] = {}
    for row in store.rows("audit_blocked_spans", asked):
        position = positions.get(row["trace_id"] + row["span_id"])
        if position is None:
            continue
        for number in blamed_for(measured, family.top["workspace"], row["time_ns"], row["attributes"]):
            lost = found.setdefault(number, {})
            lost[position] = lost.get(position, 0) + row["duration_ns"]
    return found
