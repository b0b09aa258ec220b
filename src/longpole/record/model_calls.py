"""A model call told in two moments: the request when it is sent, the response when it is here."""

from typing import Any

from longpole.model.category import Category
from longpole.record.annotate import USAGE_NAMES
from longpole.record.current import OUTPUT, PARENT, STARTED, Record, current, nearest_execution
from longpole.record.more import ATTRIBUTES, add_attributes, put
from longpole.record.recorder import recorder
from longpole.record.running import Running, as_given
from longpole.record.site import site_at


class ModelCall:
    """A step of the category "llm" from the request to the response.

    In between it is the current step: what an instrumented client library records of the same call comes below it, and
    only the innermost call counts its tokens.
    """

    __slots__ = ("_running", "record")

    def __init__(self, parent: Record, model: str | None, request: Any, frame: Any) -> None:
        site = site_at(frame, "chat" if model is None else f"chat {model}", Category.LLM)
        self.record: Record = [parent, site, None, None, None, None, None, None, None]
        if model is not None:
            put(self.record, ATTRIBUTES, {USAGE_NAMES["model"]: model})
        self._running = Running(self.record, as_given(request))

    def answer(self, response: Any, model: str | None, facts: dict[str, Any]) -> None:
        """The response is here; the step ends. `facts` are attributes; what is `None` is not known."""
        facts = {**facts, "gen_ai.response.model": model}
        add_attributes(self.record, {name: value for name, value in facts.items() if value is not None})
        self.record[OUTPUT] = recorder.snapshot(response)
        self._running.end()

    def end(self, error: BaseException | None) -> None:
        """No response came before the execution ended."""
        self._running.end(error)

    def began_at(self, steady_time_ns: int) -> None:
        """Only the response was told: the call began earlier."""
        self.record[STARTED] = steady_time_ns

    def holds(self, record: Record | None) -> bool:
        """Whether the record is this call or something below it."""
        while record is not None and record is not self.record:
            record = record[PARENT]
        return record is not None


class ModelCalls:
    """The model calls of one execution that are under way, the latest last."""

    __slots__ = ("_calls", "_execution")

    def __init__(self, execution: Record) -> None:
        self._execution = execution
        self._calls: list[ModelCall] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def request(self, model: str | None, request: Any, frame: Any) -> ModelCall:
        """A request is sent, below the current step. Another one that this task still waits for is no parent of it."""
        parent = place_in(self._execution)
        while any(parent is call.record for call in self._calls):
            parent = parent[PARENT]
        call = ModelCall(parent, model, request, frame)
        self._calls.append(call)
        return call

    def answered(self) -> ModelCall | None:
        """The call that a response belongs to: the one this task waits for, else the latest."""
        here = current.get()
        call = next((call for call in reversed(self._calls) if call.holds(here)), None)
        call = call or (self._calls[-1] if self._calls else None)
        if call is not None:
            self._calls.remove(call)
        return call

    def end(self, error: BaseException | None) -> None:
        """The execution ends: so do the calls whose response did not come or was not told."""
        while self._calls:
            self._calls.pop().end(error)


def place_in(execution: Record) -> Record:
    """Where in an execution the program is: at the current step, if that is in it, else at the execution itself."""
    here = current.get()
    return here if here is not None and nearest_execution(here) is execution else execution
