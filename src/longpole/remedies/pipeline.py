"""Steps that run as soon as what they need is there: `Pipeline`, and `execute_pipeline` in the place of a loop.

    research = Pipeline("research", limits={"model": 2})

    @research.step
    async def articles(city): ...

    @research.step(timeout_s=5, attempts=3)
    async def news(city): ...

    @research.step(uses="model")
    async def summary(articles, news): ...

    done = await research.run(city="Lisbon")
    done["summary"]

Each step is a step of the execution, below one for the pipeline that says what running together saved.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar, overload

from msgspec import Struct

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.model.errors import InvalidInput, MissingPackage, SettingsError
from longpole.record.site import Site
from longpole.record.supervisor import step_name
from longpole.remedies.pipeline_plan import Explanation, explain
from longpole.remedies.pipeline_run import OnFailure, Order, Plan, Run, StepOutcome, StepResult
from longpole.remedies.pipeline_steps import Declared, PipelineStep, declare, link
from longpole.remedies.pools import Limit
from longpole.remedies.remedy_step import RemedyStep, function_site, named_site
from longpole.wire import longpole_names as names

_Function = TypeVar("_Function", bound=Callable[..., Any])
Save = Callable[[str, Any], Awaitable[None] | None]


class PipelineResult(Struct, frozen=True):
    """What a run gave. `steps` are in the order of declaration, whatever the order in which they ended."""

    steps: tuple[StepResult, ...]
    duration_ns: int

    @property
    def values(self) -> list[Any]:
        """The results of the steps that succeeded, in the order of declaration."""
        return [step.value for step in self.steps if step.outcome in (StepOutcome.SUCCESS, StepOutcome.KEPT)]

    @property
    def saved_ns(self) -> int:
        """What the steps took together, less what the run took; 0 where nothing ran beside anything."""
        return max(0, sum(step.duration_ns or 0 for step in self.steps) - self.duration_ns)

    def __getitem__(self, name: str) -> Any:
        """The result of one step.

        Raises:
            KeyError: there is no such step, or it has not succeeded; then what it raised is the cause.
        """
        step = next((step for step in self.steps if step.name == name), None)
        if step is None:
            raise KeyError(name)
        if step.outcome not in (StepOutcome.SUCCESS, StepOutcome.KEPT):
            raise KeyError(f"{name}: {step.outcome}") from step.error
        return step.value


class Pipeline:
    """Steps and who needs whom.

    Args:
        name: of the step that stands for the whole.
        order: "ready" runs each step as soon as it can; "declared" runs one after the other, as a loop does.
        on_failure: "raise" ends the run and raises what the step raised; "stop" ends it and gives what is there;
            "continue" leaves out only what needs the failed step. Where the run ends, steps that run are cancelled.
        stop_when: asked with name and result after each success; if it says so the run ends early, without a failure.
        limits: for each resource that steps use, how many of them may run at once.
    """

    def __init__(
        self,
        name: str = "pipeline",
        *,
        order: Order = "ready",
        on_failure: OnFailure = "raise",
        stop_when: Callable[[str, Any], bool] | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self.name = name
        self.measured_ns: dict[str, int] = {}
        """How long each step took when it last succeeded, which `explain` goes by."""
        self._order: Order = order
        self._on_failure: OnFailure = on_failure
        self._stop_when = stop_when
        self._limits = {resource: Limit(resource, most) for resource, most in (limits or {}).items()}
        self._declared: list[Declared] = []
        self._sites: dict[str, Site] = {}
        self._site = named_site(name, Category.PROCESSING, "pipeline")

    @overload
    def step(self, function: _Function, /) -> _Function: ...
    @overload
    def step(
        self,
        /,
        *,
        name: str | None = None,
        after: Iterable[str] = (),
        timeout_s: float | None = None,
        attempts: int = 1,
        retry_on: type[Exception] | tuple[type[Exception], ...] = Exception,
        uses: str | None = None,
        category: str = Category.PROCESSING,
    ) -> Callable[[_Function], _Function]: ...
    def step(self, function: Any = None, /, **more: Any) -> Any:
        """Declares a function as a step; it stays as it is, and can be called and tested as before.

        A parameter that is called like another step gets that step's result, which it waits for. Others are inputs.

        Args:
            function: a plain one runs in the shared pool of threads.
            more: `name` (by default the function's); `after`, steps that must be done although their results are not
                needed; `timeout_s` of one attempt; `attempts` and `retry_on`, for stamina; `uses`, one of the limits;
                `category`.

        Raises:
            MissingPackage: `attempts` is over 1, and stamina is not installed.
        """
        if function is not None:
            self.add(function)
            return function

        def decorate(target: _Function) -> _Function:
            self.add(target, **more)
            return target

        return decorate

    def add(self, step: Any, **more: Any) -> None:
        """Declares a function, or an object with `run()` and perhaps `name` and `after`; `more` as for `step`."""
        retry_on = more.pop("retry_on", Exception)
        declared = declare(step, retry_on=retry_on if isinstance(retry_on, tuple) else (retry_on,), **more)
        if declared.attempts > 1:
            _load_stamina(declared)
        self._declared.append(declared)
        self._sites[declared.name] = function_site(declared.call, declared.name, declared.category, "pipeline")

    async def run(
        self, *, checkpoint: Mapping[str, Any] | None = None, save: Save | None = None, **inputs: Any
    ) -> PipelineResult:
        """Runs the steps.

        Args:
            checkpoint: results of an earlier run by step; these steps are not run again.
            save: told of each result as it comes; a mapping's `__setitem__` will do, or a coroutine function.
            inputs: values for the parameters that are no steps.

        Raises:
            InvalidInput: an input is missing.
            SettingsError: steps that do not exist, or need each other; see the message.
            Exception: what a step raised, with `on_failure="raise"`; that of the first that failed.
        """
        steps = self._linked()
        _check_inputs(steps, inputs)
        plan = Plan(
            steps=steps,
            order=self._order,
            on_failure=self._on_failure,
            stop_when=self._stop_when,
            limits=self._limits,
            sites=self._sites,
            save=save,
        )
        started = steady_ns()
        with RemedyStep(self._site, may_be_root=True) as told:
            run = Run(plan, inputs, checkpoint or {})
            await run.go()
            done = PipelineResult(tuple(run.results[step.name] for step in steps), steady_ns() - started)
            told.add({names.REMEDY_SAVED_NS: done.saved_ns})
            self._learn(done)
            if run.first_failure is not None and self._on_failure == "raise":
                raise run.first_failure
        return done

    def explain(self, durations_ms: Mapping[str, float] | None = None) -> Explanation:
        """The graph, and when each step would run.

        Args:
            durations_ms: how long steps take; for the others, what the last run measured.
        """
        given = {name: round(ms * 1_000_000) for name, ms in (durations_ms or {}).items()}
        most = {name: each.use.most for name, each in self._limits.items()}
        return explain(self.name, self._linked(), most, {**self.measured_ns, **given})

    def _linked(self) -> list[PipelineStep]:
        steps = link(self._declared, self._limits)
        if self._order == "declared":
            _check_order(steps)
        return steps

    def _learn(self, done: PipelineResult) -> None:
        for step in done.steps:
            if step.outcome is StepOutcome.SUCCESS and step.duration_ns is not None:
                self.measured_ns[step.name] = step.duration_ns - step.waited_ns


async def execute_pipeline(
    steps: Iterable[Any],
    name: str = "pipeline",
    *,
    order: Order = "ready",
    on_failure: OnFailure = "raise",
    stop_when: Callable[[str, Any], bool] | None = None,
) -> list[Any]:
    """In the place of a supervisor's loop: what the steps gave, in their order.

    With `order="declared"` it does exactly what the loop did: one after the other, and an exception ends it. Steps that
    say nothing else (`after`, or a parameter called like a step) are taken to need nothing of each other.

    Args:
        steps: functions, or objects with `run()` and perhaps `name` and `after`.
        name: of the step that stands for the whole.
        order: as for `Pipeline`.
        on_failure: as for `Pipeline`; the results of steps that have not succeeded are left out.
        stop_when: as for `Pipeline`.

    Raises:
        Exception: what a step raised, with `on_failure="raise"`.
    """
    pipeline = Pipeline(name, order=order, on_failure=on_failure, stop_when=stop_when)
    taken = Counter[str]()
    for step in steps:
        name_of_step = step_name(step)
        taken[name_of_step] += 1
        number = taken[name_of_step]
        pipeline.add(step, name=name_of_step if number == 1 else f"{name_of_step} {number}")
    return (await pipeline.run()).values


def _load_stamina(declared: Declared) -> None:
    """Now, and not within the first run: it takes 90 ms."""
    try:
        import_module("stamina")
    except ImportError as error:
        raise MissingPackage(
            f"The step {declared.name!r} is to be tried {declared.attempts} times, and stamina is not installed. "
            "Expected the extra for remedies. Run: pip install 'longpole[remedies]'"
        ) from error


def _check_inputs(steps: Sequence[PipelineStep], inputs: Mapping[str, Any]) -> None:
    known = {step.name for step in steps}
    for step in steps:
        for parameter, source in step.gives.items():
            is_step = source in known and source != step.name
            if not is_step and source not in inputs and parameter not in step.optional:
                raise InvalidInput(
                    f"The step {step.name!r} takes {parameter!r}, which is neither a step nor an input of this run. "
                    f"Expected one of the two. Call run({parameter}=...), or add the step."
                )


def _check_order(steps: Sequence[PipelineStep]) -> None:
    seen: set[str] = set()
    for step in steps:
        missing = [name for name in step.after if name not in seen]
        if missing:
            raise SettingsError(
                f"The step {step.name!r} needs {missing[0]!r}, which is declared behind it. Expected steps in the "
                'order in which they run, with order="declared". Declare it earlier, or choose order="ready".'
            )
        seen.add(step.name)
