"""One run of a pipeline: each step as soon as what it needs is there, and what becomes of the others when one fails."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from graphlib import TopologicalSorter
from importlib import import_module
from inspect import isawaitable
from typing import Any, Literal

from msgspec import Struct

from longpole.model.clock import steady_ns
from longpole.record.site import Site
from longpole.remedies.pipeline_steps import PipelineStep
from longpole.remedies.pools import Limit, in_thread
from longpole.remedies.remedy_step import RemedyStep
from longpole.wire import longpole_names as names

OnFailure = Literal["raise", "stop", "continue"]
Order = Literal["ready", "declared"]


class StepOutcome(StrEnum):
    """What became of a step."""

    SUCCESS = "success"
    KEPT = "kept"
    """Its result came from the checkpoint."""
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    """It ran when the pipeline ended early."""
    SKIPPED = "skipped"
    """It never began: something that it needs has not succeeded, or the pipeline ended early."""


class StepResult(Struct, frozen=True, kw_only=True):
    """One step of a run. Times are nanoseconds from the start of the run, `None` if the step never ran."""

    name: str
    outcome: StepOutcome
    value: Any = None
    error: BaseException | None = None
    started_ns: int | None = None
    ended_ns: int | None = None
    attempts: int = 0
    waited_ns: int = 0
    """For a place where its resource is limited."""

    @property
    def duration_ns(self) -> int | None:
        """How long it took, attempts, pauses and waiting for a place included."""
        if self.started_ns is None or self.ended_ns is None:
            return None
        return self.ended_ns - self.started_ns


class Plan(Struct, frozen=True, kw_only=True):
    """What a run goes by."""

    steps: Sequence[PipelineStep]
    order: Order
    on_failure: OnFailure
    stop_when: Callable[[str, Any], bool] | None
    limits: Mapping[str, Limit]
    sites: Mapping[str, Site]
    save: Callable[[str, Any], Awaitable[None] | None] | None


class _Progress:
    attempts = 0
    waited_ns = 0


class Run:
    """The state of one run. Everything happens in one event loop, so nothing needs a lock."""

    def __init__(self, plan: Plan, inputs: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> None:
        self._plan = plan
        self._inputs = inputs
        self._steps = {step.name: step for step in plan.steps}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._began_ns = steady_ns()
        self.is_ending = False
        self.first_failure: BaseException | None = None
        self.results: dict[str, StepResult] = {
            name: StepResult(name=name, outcome=StepOutcome.KEPT, value=checkpoint[name])
            for name in self._steps
            if name in checkpoint
        }

    async def go(self) -> None:
        """Runs everything. Whatever happens, no step runs any more when it returns or raises."""
        if self._plan.order == "declared":
            await self._one_after_the_other()
        else:
            await self._as_soon_as_ready()
        for name in self._steps:
            self.results.setdefault(name, StepResult(name=name, outcome=StepOutcome.SKIPPED))

    async def _one_after_the_other(self) -> None:
        for step in self._plan.steps:
            if self.is_ending:
                return
            if step.name not in self.results and self._may_run(step):
                await self._run(step)

    async def _as_soon_as_ready(self) -> None:
        sorter = TopologicalSorter({step.name: step.after for step in self._plan.steps})
        sorter.prepare()
        order = {name: place for place, name in enumerate(self._steps)}
        async with asyncio.TaskGroup() as group:

            def begin_ready() -> None:
                while ready := sorted(sorter.get_ready(), key=order.__getitem__):
                    for name in ready:
                        if name in self.results or self.is_ending or not self._may_run(self._steps[name]):
                            sorter.done(name)
                        else:
                            self._tasks[name] = group.create_task(run_one(self._steps[name]), name=name)

            async def run_one(step: PipelineStep) -> None:
                await self._run(step)
                self._tasks.pop(step.name, None)
                sorter.done(step.name)
                if self.is_ending:
                    self._cancel_others()
                else:
                    begin_ready()

            begin_ready()

    def _may_run(self, step: PipelineStep) -> bool:
        good = (StepOutcome.SUCCESS, StepOutcome.KEPT)
        return all(name in self.results and self.results[name].outcome in good for name in step.after)

    def _cancel_others(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def _run(self, step: PipelineStep) -> None:
        started, progress = steady_ns(), _Progress()
        value: Any = None
        error: BaseException | None = None
        try:
            with RemedyStep(self._plan.sites[step.name]) as told:
                try:
                    value = await self._value(step, progress)
                except BaseException as failure:
                    error = failure
                    raise
                finally:
                    told.add(
                        {names.REMEDY_OUTCOME: str(_outcome_of(error)), names.PIPELINE_AFTER: list(step.after) or None}
                    )
        except (Exception, asyncio.CancelledError):
            pass
        self.results[step.name] = StepResult(
            name=step.name,
            outcome=_outcome_of(error),
            value=value,
            error=error,
            started_ns=started - self._began_ns,
            ended_ns=steady_ns() - self._began_ns,
            attempts=progress.attempts,
            waited_ns=progress.waited_ns,
        )
        if error is not None:
            self._see_failure(error)

    def _see_failure(self, error: BaseException) -> None:
        """Ends the pipeline, if it is to end with a failure. A cancellation that somebody asked for goes on."""
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise error
        if self._plan.on_failure != "continue":
            self.is_ending = True
            self.first_failure = self.first_failure or error

    async def _value(self, step: PipelineStep, progress: "_Progress") -> Any:
        """The step's result, saved. What `save` and `stop_when` raise is a failure of the step."""
        value = await self._attempts(step, progress)
        if self._plan.save is not None:
            saved = self._plan.save(step.name, value)
            if isawaitable(saved):
                await saved
        if self._plan.stop_when is not None and self._plan.stop_when(step.name, value):
            self.is_ending = True
        return value

    async def _attempts(self, step: PipelineStep, progress: "_Progress") -> Any:
        if step.attempts == 1:
            progress.attempts = 1
            return await self._call(step, progress)
        stamina: Any = import_module("stamina")  # loaded where the step was declared
        async for attempt in stamina.retry_context(on=step.retry_on, attempts=step.attempts, timeout=None):
            progress.attempts = attempt.num
            with attempt:
                return await self._call(step, progress)
        return None  # not reached: stamina raises what the last attempt raised

    async def _call(self, step: PipelineStep, progress: "_Progress") -> Any:
        arguments = self._arguments(step)
        async with contextlib.AsyncExitStack() as stack:
            if step.uses is not None:
                asked = steady_ns()
                await stack.enter_async_context(self._plan.limits[step.uses])
                progress.waited_ns += steady_ns() - asked
            async with asyncio.timeout(step.timeout_s):
                if step.is_async:
                    return await step.call(**arguments)
                value = await in_thread(step.call, **arguments)
                return await value if isawaitable(value) else value

    def _arguments(self, step: PipelineStep) -> dict[str, Any]:
        arguments = dict(self._inputs) if step.takes_all else {}
        for parameter, source in step.gives.items():
            if source in self._steps and source != step.name:
                arguments[parameter] = self.results[source].value
            elif source in self._inputs or parameter not in step.optional:
                arguments[parameter] = self._inputs[source]
        return arguments


def _outcome_of(error: BaseException | None) -> StepOutcome:
    if error is None:
        return StepOutcome.SUCCESS
    if isinstance(error, asyncio.CancelledError):
        return StepOutcome.CANCELLED
    return StepOutcome.TIMEOUT if isinstance(error, TimeoutError) else StepOutcome.FAILED
