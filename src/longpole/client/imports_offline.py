"""The way of an import into a data folder that nobody serves: the same checks, spool and pipeline as in a server."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from longpole.ingest.decode import check_body
from longpole.ingest.imports.parts import Part, Unread
from longpole.ingest.offline import open_offline_spool
from longpole.ingest.pipeline import Pipeline
from longpole.ingest.spool import BodyFormat, Incoming, Signal, Spool
from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput
from longpole.settings import Settings

MOST_UNREAD_BYTES = 64 * 1024 * 1024
"""What may wait in the spool; beyond it the next request waits."""

DURABLE_S = 60.0
SETTLE_S = 60.0
"""So long is waited at the end until all executions are analysed; what is not then is so when a server starts."""


class Folder:
    """A data folder that takes requests."""

    def __init__(self, spool: Spool, pipeline: Pipeline) -> None:
        self._spool, self._pipeline = spool, pipeline
        self._pause = threading.Event()

    def take(self, part: Part) -> Unread | None:
        """Check a request and put it into the spool; what of it is refused, if anything."""
        signal = Signal(part.signal)
        try:
            checked = check_body(part.body, BodyFormat.JSON, signal)
        except InvalidInput as error:
            return Unread(part.place, str(error), part.spans)
        while self._spool.unread_bytes(self._pipeline.position) > MOST_UNREAD_BYTES:
            self._pause.wait(0.05)
        self._spool.append(Incoming(signal, BodyFormat.JSON, None, now_ns(), part.body)).result(DURABLE_S)
        if not checked.rejected:
            return None
        return Unread(part.place, str(checked.rejected[0].reason), len(checked.rejected))

    def settle(self) -> None:
        """Wait until everything is stored and analysed."""
        self._pipeline.drain(DURABLE_S)
        until = monotonic() + SETTLE_S
        while self._pipeline.counters.open_spans and monotonic() < until:
            self._pause.wait(0.05)


@contextmanager
def open_folder(settings: Settings, folder: Path) -> Generator[Folder]:
    """A folder that takes requests until the end of the block, where all of them are stored.

    Raises:
        StoreLocked: a server holds the folder.
    """
    with open_offline_spool(settings, folder) as (_, pipeline, spool):
        target = Folder(spool, pipeline)
        yield target
        target.settle()
