"""What an engine that reads over a limited number of connections says of them."""

from typing import Protocol, runtime_checkable

from msgspec import Struct

from longpole.model.durations import DurationCounts


class Reading(Struct, frozen=True, kw_only=True):
    """How many of at most `most` connections are `in_use` and how many questions are `waiting` for one now.

    `waits` is how long each question has waited since the engine was made, most of them not at all.
    """

    in_use: int
    most: int
    waiting: int
    waits: DurationCounts


@runtime_checkable
class CountsReading(Protocol):
    """An engine whose questions may wait for a connection."""

    def reading(self) -> Reading:
        """How it stands now. Asks nobody."""
        ...
