"""What ran, and for how long, at the places that an audit found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec
from msgspec import Struct

from longpole.analysis.code_places import FoundPlace, Places, RanBy, RecordedPlace, stack_places
from longpole.model.audit_record import AuditRecord
from longpole.reports.bodies import NO_BODY, bodies_of
from longpole.reports.period import Period
from longpole.reports.rows import Row
from longpole.reports.together import rows_together
from longpole.reports.which_execution import Found
from longpole.store.engine import Engine
from longpole.wire.longpole_names import STACK

MOST_LOOKED_AT = 1000
"""Executions that are held against the findings; of more, those are taken whose span ids come first."""

MOST_BLOCKS = 20_000
"""Blocks of event loops that are counted."""

MOST_STACKS = 1_000
"""Those of them of which the stack is read; the others are taken to have come the usual way to their place."""

Key = tuple[str, str]
"""Workspace and execution id of a top execution."""


class LookedAt(Struct, frozen=True):
    """A top execution that was held against the findings, and where it stands in the store."""

    found: Found
    started_ns: int
    duration_ns: int
    weight: float

    @property
    def key(self) -> Key:
        """What names it."""
        return self.found.workspace, self.found.execution_id

    @property
    def agent(self) -> str:
        """Its agent."""
        return self.found.agent


class Sample(Struct, frozen=True):
    """The executions that were looked at, how many there are in the period, and for how many those stand."""

    executions: Sequence[LookedAt]
    whole: int
    whole_weight: float


class Ran(Struct):
    """What is known of one finding in one execution.

    `place_ns` is time of the place itself, `function_ns` of its function, `waited_ns` how long something in the
    execution stood still because of it.
    """

    by: RanBy | None = None
    place_ns: int = 0
    function_ns: int = 0
    waited_ns: int = 0

    @property
    def time_ns(self) -> int:
        """Time of the place, of its function where nothing closer is known."""
        return self.function_ns if self.by is RanBy.FUNCTION else self.place_ns


Stack = tuple[tuple[str, int], ...]
"""File and line of each frame, outermost first."""


class Blocks(Struct, frozen=True):
    """The stacks of blocks of event loops: by span (trace id and step id in one), by workspace and beginning, and the
    usual one of a place for blocks whose own was not read."""

    by_span: Mapping[str, Stack]
    by_start: Mapping[tuple[str, int], Stack]
    usual: Mapping[tuple[str, int | None], Stack]

    def stack(self, place: tuple[str, int | None], *, span: str = "", start: tuple[str, int] = ("", 0)) -> Stack:
        """The stack of a block at a place."""
        return self.by_span.get(span) or self.by_start.get(start) or self.usual.get(place, ())


class Measured(Struct, frozen=True):
    """What is known of findings: by the position of each, the executions in which something is; where they are in the
    code, and the stacks that were seen."""

    findings: Sequence[AuditRecord]
    sample: Sample
    ran: Sequence[Mapping[Key, Ran]]
    places: Places
    blocks: Blocks


def sample_of(store: Engine, period: Period) -> Sample:
    """The executions of a period that are held against the findings."""
    rows = store.rows("audit_executions", {**period.parameters, "limit": MOST_LOOKED_AT})
    looked_at = [
        LookedAt(
            Found(
                workspace=row["workspace"],
                execution_id=row["execution_id"],
                trace_id=row["trace_id"],
                span_id=row["span_id"],
                root_execution_id=row["execution_id"],
                agent=row["agent"],
                tree_from_ns=row["tree_from_ns"],
                tree_to_ns=row["tree_to_ns"],
            ),
            row["started_ns"],
            row["duration_ns"],
            float(row["weight"]),
        )
        for row in rows
    ]
    if not rows:
        return Sample([], 0, 0.0)
    return Sample(looked_at, rows[0]["executions"], float(rows[0]["executions_weight"]))


def measure(store: Engine, period: Period, findings: Sequence[AuditRecord]) -> Measured:
    """What is known of each finding in the executions of a period.

    Cost: a scan of the period's executions, three queries over the spans of those looked at, and one for stacks.
    """
    sample = sample_of(store, period)
    places = Places(
        [FoundPlace(one.code_file, one.code_line, one.code_end_line, one.code_function) for one in findings]
    )
    ran: list[dict[Key, Ran]] = [{} for _ in findings]
    if not sample.executions or not findings:
        return Measured(findings, sample, ran, places, Blocks({}, {}, {}))
    asked = {"execution_ids": [one.key[1] for one in sample.executions], "from_ns": period.scope.from_ns}
    rows, blocks, waits = rows_together(
        store, ("audit_places", asked), ("audit_block_steps", {**asked, "limit": MOST_BLOCKS}), ("audit_blocks", asked)
    )
    measured = Measured(findings, sample, ran, places, _stacks_of(store, blocks))
    for row in rows:
        place = RecordedPlace(row["code_file"], row["code_line"], row["code_function"])
        _add_at(measured, ran, row, place, int(row["total_ns"]))
    for row in blocks:
        stack = measured.blocks.stack((row["code_file"], row["code_line"]), span=row["trace_id"] + row["step_id"])
        place = RecordedPlace(row["code_file"], row["code_line"], None, is_block=True, stack=stack)
        _add_at(measured, ran, row, place, row["duration_ns"])
    _add_waits(measured, ran, waits)
    return measured


def _add_at(measured: Measured, ran: Sequence[dict[Key, Ran]], row: Row, place: RecordedPlace, total_ns: int) -> None:
    key = (row["workspace"], row["root_execution_id"])
    for number, by in measured.places.met_by(place).items():
        if measured.findings[number].workspace == key[0]:
            _add(ran[number].setdefault(key, Ran()), by, total_ns)


def _add(ran: Ran, by: RanBy, total_ns: int) -> None:
    if by is RanBy.FUNCTION:
        # A step within the function has its name too: the function's own is the longest.
        ran.function_ns = max(ran.function_ns, total_ns)
        ran.by = ran.by or by
    else:
        ran.place_ns += total_ns
        ran.by = by if ran.by in (None, RanBy.FUNCTION, RanBy.STACK) else ran.by


def _add_waits(measured: Measured, ran: Sequence[dict[Key, Ran]], waits: Sequence[Row]) -> None:
    for row in waits:
        key = (row["workspace"], row["root_execution_id"])
        for number in blamed_for(measured, row["workspace"], row["time_ns"], row["attributes"]):
            if measured.findings[number].workspace == key[0]:
                ran[number].setdefault(key, Ran()).waited_ns += row["duration_ns"]


def blamed_for(measured: Measured, workspace: str, time_ns: int, attributes: str | None) -> list[int]:
    """The findings, by position, at whose places the loop stood that an event `longpole.loop_blocked` tells of."""
    told = _decoded(attributes)
    file, line = told.get("code.file.path"), told.get("code.line.number")
    if not isinstance(file, str) or not isinstance(line, int):
        return []
    stack = measured.blocks.stack((file, line), start=(workspace, time_ns))
    return [*measured.places.met_by(RecordedPlace(file, line, None, is_block=True, stack=stack))]


def _stacks_of(store: Engine, rows: Sequence[Row]) -> Blocks:
    read = rows[:MOST_STACKS]
    bodies = bodies_of(store, [(row["workspace"], row["trace_id"], row["step_id"]) for row in read]) if read else {}
    by_span: dict[str, Stack] = {}
    by_start: dict[tuple[str, int], Stack] = {}
    ways: dict[tuple[str, int | None], Counter[Stack]] = {}
    for row in read:
        body = bodies.get((row["workspace"], row["trace_id"], row["step_id"]), NO_BODY)
        stack = _stack_in(body["attributes"])
        by_span[row["trace_id"] + row["step_id"]] = stack
        by_start[row["workspace"], row["started_ns"]] = stack
        ways.setdefault((row["code_file"], row["code_line"]), Counter())[stack] += 1
    usual = {place: max(sorted(seen), key=seen.__getitem__) for place, seen in ways.items()}
    return Blocks(by_span, by_start, usual)


def _stack_in(attributes: str | None) -> Stack:
    text = _decoded(attributes).get(STACK)
    return stack_places(text if isinstance(text, str) else None)


def _decoded(text: str | None) -> dict[str, object]:
    if not text:
        return {}
    try:
        value: object = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
