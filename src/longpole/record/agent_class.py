"""`BaseAgent`: a base class for agents that tell about themselves through a tracker."""

from typing import Any

from longpole.model.category import Category
from longpole.record.annotate import log_event
from longpole.record.finished import DONE, Finished
from longpole.record.no_op_tracker import NO_TRACKING
from longpole.record.recorder import recorder
from longpole.record.site import Site
from longpole.record.tracker_factory import AgentTrackerFactory, Tracker

_announced: set[tuple[type, str]] = set()


class BaseAgent:
    """An agent with trackers and log lines. Its name is that of its class, unless the class or the object sets `name`.

    Once an object of the class exists the agent is known to the server, even if it never runs.

    Args:
        enable_tracking: `False` gives trackers that do nothing, for tests.
        args: for the next base class, if there is one.
        kwargs: as `args`.
    """

    name: str = "BaseAgent"
    enable_tracking: bool = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            cls.name = cls.__name__

    def __init__(self, *args: Any, enable_tracking: bool = True, **kwargs: Any) -> None:
        order = type(self).__mro__
        if order[order.index(BaseAgent) + 1] is not object:
            super().__init__(*args, **kwargs)
        self.enable_tracking = enable_tracking
        if enable_tracking:
            self._announce()

    def create_tracker(
        self, vault_id: object = None, conversation_id: object = None, user_id: object = None, **more: Any
    ) -> Tracker:
        """A tracker for the next execution of this agent, below the current step.

        Args:
            vault_id: whose material it works on.
            conversation_id: the conversation that it belongs to.
            user_id: for whom it runs.
            more: what else `ExecutionTracker` takes, such as `parent_execution_id`, `call_reason`, `trigger_type`.
        """
        if not (self.enable_tracking and recorder.is_on):
            return NO_TRACKING
        return AgentTrackerFactory(vault_id, conversation_id, user_id).create_tracker(self.name, **more)

    async def should_respond(self, *args: Any, **kwargs: Any) -> tuple[bool, float, str]:
        """Whether this agent should work on a query: the decision, a confidence from 0 to 1, and the reason.

        By default it should; agents that choose override it.
        """
        return True, 1.0, "This agent responds to everything."

    def log_event(self, message: str, level: str = "info", **attributes: Any) -> Finished:
        """Puts a log line into the step that runs here. `await` is optional."""
        if self.enable_tracking:
            log_event(message, level, **attributes)
        return DONE

    def _announce(self) -> None:
        who = (type(self), self.name)
        if who not in _announced:
            _announced.add(who)
            run = getattr(type(self), "run", type(self).__init__)
            recorder.register(Site(self.name, Category.AGENT, code=getattr(run, "__code__", None), agent=self.name))
