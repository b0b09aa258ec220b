"""The writing thread: stores batches in their order, each with its spool position, until the store takes them.

What fails because the store is away is tried again; what no database takes is put aside as a dead letter, so that one
bad row costs its own trace and nothing else.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import Full, Queue

from msgspec import Struct

from longpole.ingest.batch_parts import split_by_trace, traces_of, without_traces
from longpole.ingest.dead_letters import DeadLetters, LetterFolder, letters_of
from longpole.ingest.open_trace import Group
from longpole.ingest.outage import Outage
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.event import Body
from longpole.model.intake import DeadLetter
from longpole.store.engine import Engine

RETRY_WAIT_S = 1.0
QUEUE_LENGTH = 3  # batches of some 20,000 spans under load, 3 kB each: they must not fill the memory
QUEUED_BYTES = 40 * 1024 * 1024  # of inputs, outputs and attributes in them, unless a single batch has more

_log = logging.getLogger("longpole.writer")


def content_size(body: Body) -> int:
    """About how many bytes of memory the texts of a body take that are its own."""
    return sum(len(text) for text in (body.input, body.output, body.attributes) if text is not None)


class Write(Struct):
    """One thing for the writing thread to do. `retried` is the letter that the rows come from.

    `make` gives the batch when its turn has come: what it reads of the store then is not written by others meanwhile.
    """

    batch: Batch
    groups: list[Group]
    done: threading.Event | None = None
    retried: DeadLetter | None = None
    answer: "Future[None] | None" = None
    make: Callable[[], Batch] | None = None
    size: int = 0


class Writer:
    """Writes to the store on a thread of its own. `put` may be called from any thread."""

    def __init__(
        self,
        engine: Engine,
        letters: DeadLetters,
        folder: LetterFolder,
        closing: threading.Event,
        *,
        stored: Callable[[SpoolPosition], None],
    ) -> None:
        """A writer; `start` it once.

        Args:
            engine: the store.
            letters: makes letters of what it refuses.
            folder: where letters wait that it refuses as well.
            closing: set when what cannot be written now is to be left to the next start.
            stored: called with every position that is durable.
        """
        self.failed_writes = 0
        self.dropped_writes = 0
        self.written: deque[list[Group]] = deque()
        self.outage = Outage("The store takes no writes; the spool holds what comes", _log)
        self._engine = engine
        self._letters = letters
        self._folder = folder
        self._closing = closing
        self._stored = stored
        self._writes: Queue[Write | None] = Queue(QUEUE_LENGTH)
        self._room = threading.Condition()
        self._queued_bytes = 0
        self._thread = threading.Thread(target=self._run, name="longpole-write", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the end of the thread: after `None` was put, or when closing while the store is away."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    @property
    def queued(self) -> int:
        """How many things wait to be done."""
        return self._writes.qsize()

    def put(self, write: Write | None) -> None:
        """Queue something; while the queue is full, the caller waits: the spool grows instead of the memory."""
        if write is not None:
            write.size = sum(map(content_size, write.batch.bodies))
            self._wait_for_room(write.size)
        while True:
            try:
                self._writes.put(write, timeout=RETRY_WAIT_S)
                return
            except Full:
                if self._closing.is_set() and not self._thread.is_alive():
                    return

    def _wait_for_room(self, size: int) -> None:
        with self._room:
            while self._queued_bytes and self._queued_bytes + size > QUEUED_BYTES:
                if self._closing.is_set() and not self._thread.is_alive():
                    return
                self._room.wait(RETRY_WAIT_S)
            self._queued_bytes += size

    def _run(self) -> None:
        self._move_waiting()
        while (write := self._writes.get()) is not None:
            if not self._work_off(write):
                return  # closing: what was queued behind it must not be stored with a later position
            with self._room:
                self._queued_bytes -= write.size
                self._room.notify_all()

    def _work_off(self, write: Write) -> bool:
        if write.answer is not None:
            self._try_once(write, write.answer)
            return True
        is_stored = self._store(write.batch) if write.retried is None else self._store_again(write, write.retried)
        if not is_stored:
            return False
        if write.batch.position is not None:
            self._stored(write.batch.position)
        self.written.append(write.groups)
        if write.done is not None:
            write.done.set()
        return True

    def _try_once(self, write: Write, answer: "Future[None]") -> None:
        """Somebody waits for the answer: they are told what failed, rather than kept waiting."""
        try:
            self._write(write.batch if write.make is None else write.make())
        except Exception as error:
            answer.set_exception(error)
        else:
            answer.set_result(None)

    def _write(self, batch: Batch) -> None:
        with self.outage.attempt():
            self._engine.write(batch)
        was_away = self.outage.trouble is not None
        self.outage.worked()
        self._letters.stored(batch)
        if was_away:
            self._move_waiting()

    def _store(self, batch: Batch) -> bool:
        """Write a batch, again and again; whether it is stored. What no database takes is put aside."""
        while True:
            try:
                self._write(batch)
                return True
            except Exception as error:
                self.failed_writes += 1
                # A position alone is refused by no database: then something else is the matter.
                if is_unwritable(error) and batch != Batch(position=batch.position):
                    return self._store_parts(batch, error)
                self.outage.failed(error)
            if self._closing.wait(RETRY_WAIT_S):
                return False

    def _store_again(self, write: Write, letter: DeadLetter) -> bool:
        """Write the rows of a letter that is tried again; if they are refused again, the letter says why."""
        while True:
            try:
                self._write(write.batch)
                return True
            except Exception as error:
                if is_unwritable(error):
                    return self._store(Batch(records=[self._letters.failed_again(letter, error)]))
                self.failed_writes += 1
                self.outage.failed(error)
            if self._closing.wait(RETRY_WAIT_S):
                return False

    def _store_parts(self, batch: Batch, error: Exception) -> bool:
        """Write a batch trace by trace, so that one bad row takes only its own trace with it."""
        parts, rest = split_by_trace(batch), without_traces(batch)
        if not parts:
            return self._store_rest(rest, error)
        if len(parts) == 1 and rest == Batch():
            self.dropped_writes += 1
            # What is only in memory must not look stored. A shared database has it already, with what others wrote.
            unseen = [] if self._engine.is_shared else traces_of(batch)
            return self._store(Batch(records=[self._letters.rows_letter(batch, error)], forget=unseen))
        return all(self._store(part) for part in parts) and self._store(rest)

    def _store_rest(self, rest: Batch, error: Exception) -> bool:
        """Store what belongs to no trace, of which something is refused."""
        letters = letters_of(rest.records)
        others = Batch(agents=rest.agents, processes=rest.processes, removed=rest.removed)
        if others != Batch():
            self.dropped_writes += 1
            letters.append(self._letters.rows_letter(others, error))
            return self._store(Batch(records=[*letters], position=rest.position))
        return all(self._keep(letter) for letter in letters) and self._store(Batch(position=rest.position))

    def _keep(self, letter: DeadLetter) -> bool:
        """Store a letter, or keep it in a file if the store refuses it; whether one of them was done."""
        while True:
            try:
                self._write(Batch(records=[letter]))
                return True
            except Exception as error:
                if is_unwritable(error):
                    try:
                        self._folder.keep(letter)
                        return True
                    except OSError as full:
                        self.outage.failed(full)
                else:
                    self.outage.failed(error)
            if self._closing.wait(RETRY_WAIT_S):
                return False

    def _move_waiting(self) -> None:
        """Bring letters from their files into the store, those that it takes."""
        for letter in self._folder.letters():
            try:
                self._engine.write(Batch(records=[letter]))
            except Exception as error:
                _log.warning("the dead letter %s stays in its file: %s", letter.letter_id, error)
                if not is_unwritable(error):
                    return
            else:
                self._folder.remove(letter)


# A value that no column takes fails each time; everything else (a full disk, a lock) may pass. The names are those of
# the databases' own exceptions, or of what they are kinds of.
_UNWRITABLE = {
    "ConversionException",
    "ConstraintException",
    "InvalidInputException",
    "OutOfRangeException",
    "DataError",
    "IntegrityError",
}


def is_unwritable(error: Exception) -> bool:
    """Whether the store would refuse the same rows each time, rather than now."""
    if isinstance(error, ValueError | TypeError | OverflowError):
        return True
    return not _UNWRITABLE.isdisjoint(kind.__name__ for kind in type(error).__mro__)
