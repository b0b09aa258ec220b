"""An event that a signal handler may set in the middle of its being set.

`threading.Event` holds a plain lock while it is set. A handler runs in the main thread, between any two instructions of
it: where it sets the same event, it waits for the thread that it stands in.
"""

from threading import Condition, Event


class Bell(Event):
    """A `threading.Event` with a lock that its own thread may take again."""

    def __init__(self) -> None:
        super().__init__()
        self._cond = Condition()
