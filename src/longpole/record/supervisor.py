"""`BaseSubAgent` and `SupervisorAgent`: base classes whose work is timed by a collector."""

from collections.abc import Iterable
from inspect import isawaitable
from sys import _getframe  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
from typing import Any

from longpole.model.category import Category
from longpole.record.collector import ExecutionTimingCollector, Timing


class BaseSubAgent:
    """An agent with a collector of its own. A class that has its own `__init__` need not call this one."""

    _timing_collector: ExecutionTimingCollector | None = None

    @property
    def timing_collector(self) -> ExecutionTimingCollector:
        """What times this agent."""
        if self._timing_collector is None:
            self._timing_collector = ExecutionTimingCollector()
        return self._timing_collector

    @timing_collector.setter
    def timing_collector(self, collector: ExecutionTimingCollector) -> None:
        self._timing_collector = collector

    def time_step(self, step_name: str, category: str = Category.PROCESSING, **metadata: Any) -> Timing:
        """Times what stands inside of `with` or `async with`."""
        return Timing(self.timing_collector, step_name, category, metadata, _getframe(1))


class SupervisorAgent(BaseSubAgent):
    """Runs steps one after the other and times each; the whole is an execution.

    A step is anything with a `name` and a `run()`, or a function.
    """

    async def execute_pipeline(self, steps: Iterable[Any] = (), name: str = "pipeline") -> list[Any]:
        """What the steps gave, in their order. An exception ends the pipeline and goes on.

        Args:
            steps: what is to be run.
            name: the name of the whole.
        """
        results: list[Any] = []
        with self.timing_collector.time_execution(name):
            for step in steps:
                with self.timing_collector.time_step(f"step_{step_name(step)}"):
                    results.append(await self.execute_step(step))
        return results

    async def execute_step(self, step: Any) -> Any:
        """Runs one step; awaits what it gives, if that can be awaited. To be overridden for steps of another kind."""
        result = step.run() if hasattr(step, "run") else step()
        return await result if isawaitable(result) else result


def step_name(step: Any) -> str:
    """The name under which a step is timed."""
    return str(getattr(step, "name", None) or getattr(step, "__name__", None) or type(step).__name__)
