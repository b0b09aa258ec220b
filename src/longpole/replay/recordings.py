"""A recording: the calls of one execution that reached out of the program, in order, each with what came back."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from longpole.model.category import Category
from longpole.model.errors import NotReplayable
from longpole.record.annotate import USAGE_NAMES
from longpole.replay.places import OUTSIDE, Agents, name_of_place
from longpole.replay.plain import EXACT, NOTHING
from longpole.replay.recorded import RecordedExecution, RecordedStep
from longpole.wire import longpole_names as names
from longpole.wire.redact import REDACTED

EXCHANGE, STEP = "exchange", "step"
OUTSIDE_STEPS = ""
"""The place of what the program does in no step."""
_HASH = re.compile(r"#[0-9a-f]{12}")
_CUT = ("longpole.cut", "… [cut: ", "[cut: ")


class Call(Struct, frozen=True, kw_only=True):
    """One call and what came back. `lost` says why it cannot be given back; empty if it can.

    `offset_ns` is its start, counted from that of the execution. `is_inside` marks what another call of the recording
    encloses: nobody asks for it while that one is given back. `is_live` has it made anew, `is_instant` without a wait.
    """

    step_id: str
    kind: str
    name: str
    agents: Agents
    arguments: Any
    offset_ns: int
    duration_ns: int
    output: Any = None
    items: list[tuple[int, Any]] | None = None
    error: str | None = None
    usage: dict[str, Any] = {}
    lost: str = ""
    is_marked: bool = True
    is_redacted: bool = False
    is_inside: bool = False
    is_live: bool = False
    is_instant: bool = False


class Recording(Struct, frozen=True, kw_only=True):
    """What an execution was given from outside.

    `open_steps` are run, not given back, by their place: an agent runs below them, or the requests of a model call were
    recorded. `clock` are the readings of the wall clock in each place, `seed` what its chance was made of.
    """

    execution_id: str
    agent: str
    calls: list[Call]
    open_steps: list[str]
    clock: dict[str, list[int]]
    seed: str | None


def make_recording(execution: RecordedExecution, *, is_empty_right: bool = False) -> Recording:
    """The recording of an execution; one that gives nothing back only where that is right.

    Raises:
        NotReplayable: nothing in it can be given back; the message says why.
    """
    is_marked = any(names.REPLAY_RESULT in step.attributes for step in execution.steps)
    family = _Family(execution.steps, is_marked=is_marked)
    calls, open_steps = list[Call](), list[str]()
    for step in execution.steps:
        if not family.reaches_out(step):
            continue
        if family.is_opened(step):
            open_steps.append(name_of_place(family.agents_of(step), step.name))
        else:
            calls.append(_call(step, family))
    if not is_empty_right and not any(call.lost == "" for call in calls):
        raise NotReplayable(_why_nothing(execution, calls))
    seeds = [step.attributes[names.REPLAY_SEED] for step in execution.steps if names.REPLAY_SEED in step.attributes]
    return Recording(
        execution_id=execution.execution_id,
        agent=execution.agent,
        calls=calls,
        open_steps=sorted(set(open_steps)),
        clock=_clock(execution.steps, family),
        seed=str(seeds[0]) if seeds else None,
    )


def _clock(steps: Sequence[RecordedStep], family: "_Family") -> dict[str, list[int]]:
    clock: dict[str, list[int]] = {}
    for step in steps:
        place = name_of_place(family.agents_of(step), step.name)
        for where, name in ((OUTSIDE_STEPS, names.REPLAY_CLOCK_BEFORE), (place, names.REPLAY_CLOCK)):
            readings = step.attributes.get(name)
            if isinstance(readings, list):
                clock.setdefault(where, []).extend(_integers(readings))
    return clock


class _Family:
    """The steps of an execution by id, and what lies between them.

    Args:
        steps: of the execution, itself included.
        is_marked: whether it was recorded to be replayed; else what looks like a function that reaches out is taken.
    """

    def __init__(self, steps: Sequence[RecordedStep], *, is_marked: bool) -> None:
        self._is_marked = is_marked
        self._by_id = {step.step_id: step for step in steps}
        self._has_agent_below: set[str] = set()
        self._has_exchange_below: set[str] = set()
        for step in steps:
            if step.is_execution or names.REPLAY_EXCHANGE in step.attributes:
                marked = self._has_agent_below if step.is_execution else self._has_exchange_below
                marked.update(above.step_id for above in self.above(step))

    def above(self, step: RecordedStep) -> list[RecordedStep]:
        """The steps around a step, innermost first."""
        found: list[RecordedStep] = []
        while step.parent_step_id in self._by_id and len(found) < len(self._by_id):
            step = self._by_id[step.parent_step_id]
            found.append(step)
        return found

    def agents_of(self, step: RecordedStep) -> Agents:
        """The agents around a step, outermost first; of an execution itself too."""
        return tuple(each.name for each in reversed([step, *self.above(step)]) if each.is_execution)

    def is_opened(self, step: RecordedStep) -> bool:
        """Whether a step runs in a replay too, because what it calls can be given back."""
        is_model = step.category == Category.LLM
        return step.step_id in self._has_agent_below or (is_model and step.step_id in self._has_exchange_below)

    def reaches_out(self, step: RecordedStep) -> bool:
        """Whether a step is a request with its answer, or a function of the program's that reaches out of it."""
        if step.is_execution or step.duration_ns is None:
            return False
        if names.REPLAY_EXCHANGE in step.attributes:
            return True
        is_function = step.attributes.get(names.KIND) == "step" and "code.function.name" in step.attributes
        has_sign = names.REPLAY_RESULT in step.attributes if self._is_marked else is_function
        return step.category in OUTSIDE and has_sign

    def is_inside_call(self, step: RecordedStep) -> bool:
        """Whether a call that is given back as a whole encloses the step."""
        return any(self.reaches_out(each) and not self.is_opened(each) for each in self.above(step))


def _call(step: RecordedStep, family: _Family) -> Call:
    told = step.attributes
    items: Any = told.get(names.REPLAY_ITEMS)
    if isinstance(items, str):
        items = msgspec.json.decode(items)
    error = told.get(names.REPLAY_ERROR)
    if error is not None and not isinstance(error, str):
        error = msgspec.json.encode(error).decode()
    is_exchange = names.REPLAY_EXCHANGE in told
    kept = msgspec.json.encode([step.input, step.output, items, error]).decode()
    return Call(
        step_id=step.step_id,
        kind=EXCHANGE if is_exchange else STEP,
        name=step.name,
        agents=family.agents_of(step),
        arguments=step.input,
        offset_ns=step.offset_ns,
        duration_ns=step.duration_ns or 0,
        output=step.output,
        items=None if items is None else [(int(at_ns), item) for at_ns, item in items],
        error=error,
        usage={name: told[name] for name in USAGE_NAMES.values() if name in told},
        lost=_why_lost(step, kept),
        is_marked=names.REPLAY_RESULT in told,
        is_redacted=REDACTED in kept,
        is_inside=family.is_inside_call(step),
    )


def _why_lost(step: RecordedStep, kept: str) -> str:
    mark = step.attributes.get(names.REPLAY_RESULT)
    if mark not in (None, EXACT, NOTHING):
        return str(mark)
    if _is_hashed([step.input, step.output]):
        return "its contents were kept as hashes ('longpole record' keeps them in full)"
    if any(sign in kept for sign in _CUT):
        return "it was longer than the setting content_limit_bytes and was cut"
    if step.error_type is not None:
        return "" if names.REPLAY_ERROR in step.attributes else "its failure was not kept ('longpole record' does)"
    is_kept = step.output is not None or mark == NOTHING or names.REPLAY_ITEMS in step.attributes
    return "" if is_kept else "its result was not kept ('longpole record' does)"


def _is_hashed(value: Any) -> bool:
    """Whether a text in it is a hash in place of a text."""
    if isinstance(value, str):
        return _HASH.fullmatch(value) is not None
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_is_hashed(each) for each in inner)


def _why_nothing(execution: RecordedExecution, calls: Sequence[Call]) -> str:
    if not calls:
        found = f"Execution {execution.execution_id} holds no call that can be given back"
    else:
        found = f"None of the {len(calls)} calls of execution {execution.execution_id} can be given back"
        found += f" (the first, {calls[0].name}: {calls[0].lost})"
    return (
        f"{found}. Expected results of models, tools or requests, kept in full. Record it anew: "
        "longpole record -- python app.py"
    )


def _integers(values: Sequence[Any]) -> list[int]:
    return [int(value) for value in values if isinstance(value, int | str)]
