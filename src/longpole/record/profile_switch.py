"""Whether and how calls are profiled. A module of its own, so that `configure()` need not load the profiler."""

from collections.abc import Callable

from longpole.model.profile import ProfileMetrics

Sink = Callable[[ProfileMetrics], None]


class ProfileSwitch:
    """What the profiler goes by. There is one, `switch`; `configure()` sets it.

    `is_on` is `None` until somebody has decided. `sink` takes each call that is to be exported, and must not wait.
    """

    __slots__ = ("is_on", "sink", "tracks_cpu", "tracks_memory")

    def __init__(self) -> None:
        self.is_on: bool | None = None
        self.tracks_memory = False
        self.tracks_cpu = False
        self.sink: Sink | None = None

    def choose(self, *, is_on: bool, tracks_memory: bool, tracks_cpu: bool) -> None:
        """Says what is profiled from now on, also by functions that were decorated before."""
        self.tracks_memory, self.tracks_cpu = tracks_memory, tracks_cpu
        self.is_on = is_on


switch = ProfileSwitch()
