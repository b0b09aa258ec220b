"""`AgentTrackerFactory`: makes trackers that share whose work it is."""

from typing import Any

from longpole.record.no_op_tracker import NO_TRACKING, NoOpTracker
from longpole.record.recorder import recorder
from longpole.record.tracker import ExecutionTracker

Tracker = ExecutionTracker | NoOpTracker


class AgentTrackerFactory:
    """Makes trackers for the agents of one vault, conversation and user.

    Args:
        vault_id: whose material the agents work on.
        conversation_id: the conversation that their work belongs to.
        user_id: for whom they run.
        enabled: `False` gives trackers that do nothing.
        more: anything else that `ExecutionTracker` takes, the same for all.
    """

    def __init__(
        self,
        vault_id: object = None,
        conversation_id: object = None,
        user_id: object = None,
        *,
        enabled: bool = True,
        **more: Any,
    ) -> None:
        self.enabled = enabled
        self._shared: dict[str, Any] = {
            "vault_id": vault_id,
            "conversation_id": conversation_id,
            "user_id": user_id,
            **more,
        }

    def create_tracker(self, agent: str, **own: Any) -> Tracker:
        """A tracker for one execution of an agent; one that does nothing before `configure()`.

        Args:
            agent: the agent's name.
            own: what `ExecutionTracker` takes; it wins over what the trackers share, unless it is `None`.
        """
        if not (self.enabled and recorder.is_on):
            return NO_TRACKING
        given: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
        return ExecutionTracker(agent, **{**self._shared, **given})

    create = create_tracker
