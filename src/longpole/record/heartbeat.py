"""Sign of life of this process, with what recording costs it: so that a server can tell "still at it" from "vanished".

Sent every five seconds while something is open or was recorded, and once at the end. The silence of a process that
has beaten before is how its executions are found to have crashed.
"""

import time
from typing import Any

from longpole.model.clock import now_ns, steady_ns
from longpole.record.capture import describe
from longpole.record.recorder import Recorder
from longpole.record.site import Site
from longpole.record.snapshot import pack, pack_hard, pack_short
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import LogOut

INTERVAL_NS = 5_000_000_000
CALIBRATION_STEPS = 256


class Heartbeat:
    """Counts what this process recorded and dropped, and says when a beat is due. Used by the flusher's thread only."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._started_ns = now_ns()
        self._last_ns: int | None = None
        self._told = 0
        self._step_ns: int | None = None
        self.recorded = 0
        self.dropped = 0
        self.flusher_ns = 0  # CPU of the flusher's own thread, as it said last

    @property
    def has_beaten(self) -> bool:
        """Whether there was one."""
        return self._last_ns is not None

    def beat(self, open_count: int, sent_bytes: int, sender_ns: int, *, is_last: bool = False) -> LogOut | None:
        """The beat, if one is due.

        Args:
            open_count: steps that have started and not ended.
            sent_bytes: sent to the server so far.
            sender_ns: CPU of the sending thread.
            is_last: nothing comes after it.
        """
        now = steady_ns()
        is_quiet = not open_count and self.recorded == self._told
        if self._last_ns is not None and not is_last and (is_quiet or now - self._last_ns < INTERVAL_NS):
            return None
        self._last_ns, self._told = now, self.recorded
        return LogOut(
            time_ns=now_ns(),
            event_name=names.HEARTBEAT,
            attributes={
                "interval_ms": INTERVAL_NS // 1_000_000,
                "started_ns": self._started_ns,
                "open": open_count,
                "recorded": self.recorded,
                "dropped": self.dropped,
                "background_ns": self.flusher_ns + sender_ns + self._recorder.watching_ns,
                "caller_ns": self.recorded * self._cost_of_a_step(),
                "sent_bytes": sent_bytes,
                "is_last": is_last,
            },
        )

    def _cost_of_a_step(self) -> int:
        """What a step costs the calling thread here, in nanoseconds: measured once, on a recorder of its own."""
        if self._step_ns is None:
            self._step_ns = _calibrate(keeps_content=self._recorder.keeps_content)
        return self._step_ns


def _calibrate(*, keeps_content: bool) -> int:
    scratch, site = Recorder(), Site("calibration", "processing")
    if keeps_content:
        scratch.keep_contents(65536, pack, pack_hard, pack_short)
    given: Any = ((describe(None), 3), None)
    began = time.thread_time_ns()
    for _ in range(CALIBRATION_STEPS):
        scratch.finish(scratch.start(site, None, given), given)
    return (time.thread_time_ns() - began) // CALIBRATION_STEPS
