"""Notes what the agent does, at about a microsecond a step; everything that takes thought happens in the flusher."""

from longpole.record import current, more
from longpole.record.recorder import recorder


def after_fork() -> None:
    """In a new child: forgets what the parent has recorded, and locks that nobody will release any more."""
    current.reset_after_fork()
    more.reset_after_fork()
    recorder.reset_after_fork()
