"""One execution of a tracker: its record, from the moment that it is known to its end."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from weakref import WeakValueDictionary

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.model.stage import ExecutionStage
from longpole.model.status import ExecutionStatus
from longpole.record import stages
from longpole.record.budget import USER, budgets
from longpole.record.current import (
    ENDED,
    IDS,
    INPUT,
    MORE,
    OUTPUT,
    PARENT,
    SITE,
    STARTED,
    Record,
    current,
    ids_of,
    is_execution_id,
    is_unsampled,
    nearest_execution,
    remote_record,
)
from longpole.record.model_calls import ModelCall, ModelCalls
from longpole.record.more import ATTRIBUTES, PHASE, add_attributes, put, replace
from longpole.record.recorder import recorder
from longpole.record.running import Running
from longpole.record.site import Site
from longpole.record.trouble import warn_once
from longpole.wire import longpole_names as names

Owner = TypeVar("Owner")
MOST_CHECKPOINTS = 1000
_WAITING = Site("waiting to start", Category.QUEUE)
_known: WeakValueDictionary[str, "TrackedExecution[Any]"] = WeakValueDictionary()  # whose id somebody has asked for


class TrackedExecution(Generic[Owner]):
    """One execution of a tracker, from `with` to the end of the block. `record` is what everything is noted on."""

    __slots__ = (
        "__weakref__",
        "_attributes",
        "_before",
        "_checkpoints",
        "_credits",
        "_entered",
        "_follow",
        "_given",
        "_own",
        "_running",
        "_site",
        "_tracker",
        "_waiting",
        "calls",
        "has_ended",
        "record",
    )

    def __init__(
        self,
        tracker: Owner,
        follow: "Callable[[TrackedExecution[Owner]], TrackedExecution[Owner]]",
        parent: Record | None,
        site: Site,
        attributes: dict[str, Any],
    ) -> None:
        # Below what sampling left out it has ids of its own, and nobody will hear of them.
        is_left_out = parent is not None and is_unsampled(parent)
        if parent is not None and is_left_out and attributes.get(names.WORKSPACE) is not None:
            # A stand-in of its own: what is kept for a workspace outside of Longpole, such as a cache, asks for it.
            parent = [*parent[:MORE], {ATTRIBUTES: {names.WORKSPACE: attributes[names.WORKSPACE]}}]
        self._own: Record = [None if is_left_out else parent, site, None, None, None, None, None, None, None]
        self._site = site
        self._tracker = tracker
        self._follow = follow
        self._before: TrackedExecution[Owner] | None = None
        self._running: Running | None = None
        self._waiting: Record | None = None
        self._given: Any = None
        self._entered = 0
        self._attributes = attributes
        self._credits = 0.0
        self._checkpoints: list[dict[str, Any]] = []
        self.record: Record = parent if parent is not None and is_left_out else self._own
        self.calls = ModelCalls(self.record)
        self.has_ended = False
        self.put(dict(attributes))

    @property
    def execution_id(self) -> str:
        """48 hexadecimal digits: trace id and span id."""
        ids = ids_of(self._own)
        execution_id = ids.trace_id + ids.span_id
        _known[execution_id] = self
        return execution_id

    @property
    def is_running(self) -> bool:
        """Whether it has begun and not ended."""
        return self._running is not None and not self.has_ended

    def prepare(self, site: Site, given: Any) -> Self:
        """Says what is going to run."""
        self._site, self._given = site, given
        return self

    def announce(self, reason: str | None) -> None:
        """Makes it known before it starts."""
        if not recorder.is_on or self.record[STARTED] is not None:
            return
        replace(self.record, PHASE, ExecutionStatus.PENDING)
        if reason is not None:
            self.put({names.CALL_REASON: reason})
        self.record = recorder.begin(self.record)
        self._waiting = recorder.start(_WAITING, self.record)

    def put(self, attributes: dict[str, Any]) -> None:
        """Adds attributes."""
        add_attributes(self.record, attributes)

    def set_output(self, value: Any) -> None:
        """Keeps what came out."""
        if not self.has_ended and self.record[SITE] is not None:
            self.record[OUTPUT] = recorder.snapshot(value)

    def request(self, model: str | None, request: Any, frame: Any) -> ModelCall:
        """A request goes to a model; the stage LLM_PREPARE is over by that, if the execution is in it."""
        entered = stages.stage_of(self.record)
        if entered is not None and entered.name == ExecutionStage.LLM_PREPARE:
            stages.complete_stage(self.record)
        if entered is None or entered.name != ExecutionStage.LLM_CALL:
            stages.enter_stage(self.record, ExecutionStage.LLM_CALL, is_ours=True)
        replace(self.record, PHASE, ExecutionStatus.LLM_REQUEST)
        return self.calls.request(model, request, frame)

    def respond(self, response: Any, model: str | None, facts: dict[str, Any]) -> None:
        """A response is here."""
        call = self.calls.answered()
        if call is not None:
            call.answer(response, model, facts)
        if not self.calls:
            replace(self.record, PHASE, ExecutionStatus.LLM_RESPONSE)

    def add_credits(self, amount: float, unit: str | None) -> None:
        """Adds to the sum of credits."""
        self._credits += amount
        self.put({names.CREDITS: self._credits})
        if unit is not None:
            self.put({names.CREDITS_UNIT: unit})

    def add_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds a checkpoint, unless there are too many."""
        if len(self._checkpoints) < MOST_CHECKPOINTS:
            self._checkpoints.append(checkpoint)
            put(
                self.record, ATTRIBUTES, {names.CHECKPOINTS: [*self._checkpoints]}
            )  # a copy: the flusher may be reading the last one

    def __enter__(self) -> Owner:
        if self.is_running:  # entered again inside of itself, or by another task: it is one execution, which ends last
            self._entered += 1
            return self._tracker
        if self.has_ended:
            given = self._given
            self.__init__(self._tracker, self._follow, current.get() or recorder.outside, self._site, self._attributes)
            self._given = given
        self._before = self._follow(self)
        if recorder.is_on:
            self._begin()
            if budgets.used_up:
                self._check_budget()
        return self._tracker

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if self._entered:
            self._entered -= 1
            return
        self.has_ended = True
        if self._running is not None:
            self.calls.end(error)
            self._running.end(error)
        if self._before is not None and self._before.is_running:
            self._follow(self._before)

    async def __aenter__(self) -> Owner:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _check_budget(self) -> None:
        """Ends it at once where its agent's or its user's budget is used up and the program asked for that."""
        try:
            budgets.check(self._site.agent, self._attributes.get(USER), self.record)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def _begin(self) -> None:
        own = self._own
        own[SITE] = self._site
        if self.record is own and own[PARENT] is None and own[IDS] is None:
            own[PARENT] = current.get() or recorder.outside  # made outside of everything, and not yet known to anybody
        if self._waiting is not None:
            self._waiting[ENDED] = steady_ns()
            self.record[INPUT] = recorder.snapshot(self._given)
            replace(self.record, PHASE, None)
        self._running = Running(self.record, self._given)
        self.record = self._running.record
        self.calls = ModelCalls(self.record)
        if stages.stage_of(self.record) is None:
            stages.enter_stage(self.record, ExecutionStage.INIT, is_ours=True)


def find_parent(parent_execution_id: str | None) -> Record | None:
    """The record that the next execution is below."""
    here = current.get() or recorder.outside
    wanted = parent_execution_id
    if wanted is None:
        return here
    above = nearest_execution(here)
    if above is not None and wanted == "".join(ids_of(above)[:2]):
        return here  # at the very step that calls
    known = _known.get(wanted)
    if known is not None:
        return known.record
    if is_execution_id(wanted):
        return remote_record(wanted[:32], wanted[32:])
    warn_once(
        f"There is no execution {wanted[:100]!r} to be a parent. Expected the execution_id of a tracker or of "
        "current_execution(): 48 hexadecimal digits. The execution is recorded below the current step."
    )
    return here
