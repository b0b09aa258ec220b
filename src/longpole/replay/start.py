"""Recording and replaying, switched on and off: the functions, the door of httpx, the clock and chance together."""

import atexit
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from longpole.model.errors import InvalidInput
from longpole.record.current import Record
from longpole.record.recorder import recorder
from longpole.record.stand_in import stand_ins
from longpole.record.trouble import warn_once
from longpole.replay.chance import Chance, drawn_from
from longpole.replay.clock import read_through
from longpole.replay.httpx_door import door
from longpole.replay.keeper import Keeper
from longpole.replay.places import agents_above, name_of_place, note, note_in_list, own_step, top_of
from longpole.replay.plan import Plan
from longpole.replay.recordings import OUTSIDE_STEPS, Recording
from longpole.replay.replayer import Replayer
from longpole.wire import longpole_names as names

PLAN, REPORT = "plan.json", "report"
MOST_BEFORE = 1000
_whole_process = ExitStack()


class _Replayed:
    """The plan that is carried out here, if one is."""

    plan: Plan | None = None

    def forget(self) -> None:
        """There is none any more."""
        self.plan = None


_replayed = _Replayed()


@contextmanager
def recording() -> Generator[None]:
    """While inside, results of decorated functions of models, tools, databases and the like, answers to httpx requests,
    the clock and chance are kept exactly, so that what runs can be replayed by its execution id.

    It needs `configure(content="full")`: without contents there is nothing to keep them in.

    Raises:
        InvalidInput: a recording or a replay is on already.
    """
    _check_free()
    if recorder.is_on and not recorder.keeps_content:
        warn_once(
            "Nothing is recorded for a replay: the setting content is 'off'. Expected 'full'. Call "
            "longpole.configure(content='full')."
        )
    seed = os.urandom(16).hex()
    notes = _Notes(seed)
    with ExitStack() as stack:
        _stand_in(stack, Keeper(notes.on_call))
        stack.enter_context(read_through(_KeptClock(notes).read))
        stack.enter_context(drawn_from(Chance(seed, notes.keep_seed)))
        yield


@contextmanager
def replaying(plan: Plan) -> Generator[Replayer]:
    """While inside, the program is given what `plan.recording` holds.

    Raises:
        InvalidInput: a recording or a replay is on already, or nothing is recorded (`longpole.configure()`).
    """
    _check_free()
    seed = plan.recording.seed
    notes = _Notes(seed)
    replayer = Replayer(plan, notes.on_call)
    with ExitStack() as stack:
        _replayed.plan = plan
        stack.callback(_replayed.forget)
        _stand_in(stack, replayer)
        stack.enter_context(read_through(_RecordedClock(plan.recording, notes).read))
        if seed is not None:
            stack.enter_context(drawn_from(Chance(seed, notes.keep_seed)))
        yield replayer


def recovered_checkpoint() -> dict[str, Any] | None:
    """The last checkpoint of the execution that this run recovers (`longpole replay ID --recover`): its name, its time
    and what the program put there. `None` in every other run, and where the execution had none."""
    return None if _replayed.plan is None else _replayed.plan.checkpoint


def record_this_process() -> None:
    """Has everything recorded until the process ends; again does nothing."""
    if stand_ins.calls is None:
        _whole_process.enter_context(recording())


def replay_in_this_process(folder: str) -> None:
    """Replays until the process ends as the plan in a folder says, and then leaves there what came of it; again does
    nothing."""
    if stand_ins.calls is not None:
        return
    place = Path(folder)
    plan = msgspec.json.decode((place / PLAN).read_bytes(), type=Plan)
    replayer = _whole_process.enter_context(replaying(plan))

    def report() -> None:
        (place / f"{REPORT}-{os.getpid()}.json").write_bytes(msgspec.json.encode(replayer.outcome()))

    atexit.register(report)


def _check_free() -> None:
    if stand_ins.calls is not None:
        raise InvalidInput(
            "A recording or a replay is on already. Expected none: there is one at a time in a process. End that first."
        )


def _stand_in(stack: ExitStack, who: Keeper | Replayer) -> None:
    stand_ins.calls = who
    door.open(who)
    stack.callback(door.close)
    stack.callback(_step_back)


def _step_back() -> None:
    stand_ins.calls = None


class _Notes:
    """What is kept of the clock and of chance. What the program asks for outside of any step, as before its first
    execution, stands with the next execution."""

    def __init__(self, seed: str | None) -> None:
        self._seed = seed
        self._lock = Lock()
        self._before: list[int] = []
        self._is_seed_waiting = False

    def keep_time(self, record: Record | None, time_ns: int) -> None:
        """A reading of the clock in a step, or outside of any."""
        if record is not None:
            note_in_list(record, names.REPLAY_CLOCK, time_ns)
        elif len(self._before) < MOST_BEFORE:
            self._before.append(time_ns)

    def keep_seed(self, record: Record | None) -> None:
        """Something was drawn in a step, or outside of any."""
        if record is None:
            self._is_seed_waiting = True
        else:
            note(record, names.REPLAY_SEED, self._seed)

    def on_call(self, record: Record) -> None:
        """A step has begun: what waits has its place now."""
        if not (self._before or self._is_seed_waiting):
            return
        with self._lock:
            before, self._before = self._before, []
            has_seed, self._is_seed_waiting = self._is_seed_waiting, False
        top = top_of(record)
        for time_ns in before:
            note_in_list(top, names.REPLAY_CLOCK_BEFORE, time_ns)
        if has_seed:
            note(top, names.REPLAY_SEED, self._seed)


class _KeptClock:
    """The real clock, of which every reading is kept."""

    def __init__(self, notes: _Notes) -> None:
        self._notes = notes

    def read(self, real_ns: int) -> int:
        self._notes.keep_time(own_step(), real_ns)
        return real_ns


class _RecordedClock:
    """The recorded readings of each place, in order; after the last one it goes on from there."""

    def __init__(self, recording: Recording, notes: _Notes) -> None:
        self._notes = notes
        self._lock = Lock()
        self._readings = {place: list(reversed(values)) for place, values in recording.clock.items()}
        self._last: dict[str, tuple[int, int]] = {}

    def read(self, real_ns: int) -> int:
        record = own_step()
        found = self._next(name_of_place(agents_above(record), record[1].name) if record else OUTSIDE_STEPS, real_ns)
        self._notes.keep_time(record, found)
        return found

    def _next(self, place: str, real_ns: int) -> int:
        with self._lock:
            readings = self._readings.get(place)
            if readings:
                found = readings.pop()
                self._last[place] = (found, real_ns)
                return found
            last, at_ns = self._last.get(place, (real_ns, real_ns))
            return last + real_ns - at_ns
