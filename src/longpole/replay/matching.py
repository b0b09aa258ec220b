"""Which recorded call answers the one that is made now: equal arguments, the same agents if possible, in order."""

from collections import deque
from threading import Lock

from longpole.replay.divergence import likeness
from longpole.replay.places import Agents
from longpole.replay.plain import canonical
from longpole.replay.recordings import Call

_MOST_COMPARED = 200


class Calls:
    """The recorded calls that are still to be asked for. Safe across threads.

    Calls with equal arguments are given in the order in which they were recorded, those of the same agents first: which
    of several that run at once is served first changes nothing.
    """

    def __init__(self, calls: list[Call]) -> None:
        self._lock = Lock()
        self._every = sorted(calls, key=lambda call: call.offset_ns)
        self._waiting: dict[tuple[str, str, str], deque[Call]] = {}
        for call in self._every:
            self._waiting.setdefault((call.kind, call.name, canonical(call.arguments)), deque()).append(call)

    def take(self, kind: str, name: str, agents: Agents, arguments: object) -> Call | None:
        """The call that answers this one, which is given once; `None` if there is none."""
        key = kind, name, canonical(arguments)
        with self._lock:
            waiting = self._waiting.get(key)
            if not waiting:
                return None
            found = next((call for call in waiting if call.agents == agents), waiting[0])
            waiting.remove(found)
            return found

    def nearest(self, kind: str, name: str, agents: Agents, arguments: object) -> Call | None:
        """The most similar call of this name: those of the same agents and those not yet asked for come first."""
        asked = canonical(arguments)
        left = {call.step_id for call in self.left()}
        named = [call for call in self._every if (call.kind, call.name) == (kind, name)][:_MOST_COMPARED]
        return max(
            named,
            key=lambda call: (call.agents == agents, call.step_id in left, likeness(canonical(call.arguments), asked)),
            default=None,
        )

    def left(self) -> list[Call]:
        """What nobody has asked for yet, in order."""
        with self._lock:
            waiting = [call for calls in self._waiting.values() for call in calls]
        return sorted(waiting, key=lambda call: call.offset_ns)
