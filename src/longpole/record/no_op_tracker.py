"""`NoOpTracker`: what agents get whose tracking is off. It does nothing, at the cost of a call."""

from types import TracebackType
from typing import Any, Self

from longpole.record.finished import DONE, NO, YES, Finished


class NoOpTracker:
    """Takes everything that `ExecutionTracker` takes, and does nothing; there is one for all: `NO_TRACKING`."""

    __slots__ = ()
    agent = ""
    execution_id = None

    def track_execution(self, method: str = "", input_data: Any = None) -> Self:
        """Runs what stands inside, nothing else."""
        return self

    def track_should_respond(self, should: bool = True, *_: Any, **__: Any) -> Finished:
        """Gives the decision back when awaited."""
        return YES if should else NO

    def _nothing(self, *_: Any, **__: Any) -> Finished:
        return DONE

    track_pending = track_stage = complete_stage = track_llm_request = track_llm_response = _nothing
    track_decision = progress = checkpoint = credits = log_event = set_output = _nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Exceptions go on."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Exceptions go on."""


NO_TRACKING = NoOpTracker()
