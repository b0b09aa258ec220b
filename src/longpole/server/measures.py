"""What a server knows of itself at one moment, as `/metrics` and the health page read it."""

from collections.abc import Mapping

from msgspec import Struct

from longpole.ingest.activity import Activity
from longpole.model.durations import DurationCounts
from longpole.server.connections import ConnectionCounters
from longpole.server.forward import ForwardCounts
from longpole.server.intake import Intake
from longpole.server.live_hub import HubCounters
from longpole.store.reading import Reading


class Measures(Struct, frozen=True, kw_only=True):
    """Counts since the server started, and what waits now.

    `missing` were sent and have not arrived, by the numbers of the senders; `dropped_by_programs` is what they say of
    themselves. `activity` is what agents did. `reading` is that of stores whose questions may wait for a connection.
    """

    version: str
    intake: Intake
    missing: int
    dropped_by_programs: int
    loop_lag: DurationCounts
    loop_stalled: DurationCounts
    loop_blocked: DurationCounts
    commits: DurationCounts
    publishes: DurationCounts
    questions: DurationCounts
    reading: Reading | None
    thread_waits: DurationCounts
    rows_written: int
    store_failures: Mapping[str, int]
    queued_writes: int
    live: HubCounters
    connections: ConnectionCounters
    forward: ForwardCounts
    activity: Activity
