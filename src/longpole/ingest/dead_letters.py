"""What could not be read or written: kept with the reason, and brought back when somebody asks for it.

A letter goes to the store in the same transaction as the spool position that passes what it holds, so it is never
lost: until then the spool holds it. A letter that the store refuses as well waits in a file of the data folder.
"""

import base64
import logging
import os
import threading
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.facts import Facts
from longpole.ingest.spool import Accepted, BodyFormat, Damaged, Incoming, Signal
from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.intake import DeadLetter, LetterKind

_log = logging.getLogger("longpole.dead_letters")
_LONGEST_REASON = 1000
_LONGEST_TRACEBACK = 20_000
_SUFFIX = ".letter.json"

Outcome = Future[DeadLetter | None]
"""What became of a letter that was tried again: nothing if it succeeded, else the letter with its new reason."""


class DeadLetters:
    """Makes letters, and knows which are being tried again. Safe across threads.

    Args:
        server: whose spool they come from.
        now: the time in nanoseconds since 1970.
    """

    def __init__(self, server: str, now: Callable[[], int] = now_ns) -> None:
        self._server = server
        self._now = now
        self._lock = threading.Lock()
        self._written: list[DeadLetter] = []  # not in a batch yet
        self._done: list[DeadLetter] = []  # succeeded; to be removed from the store
        self._tried: dict[str, DeadLetter] = {}
        self._times: set[int] = set()  # when the bodies among these were received
        self._outcomes: dict[str, Outcome] = {}

    # Burying

    def bury_body(self, accepted: Accepted, error: Exception) -> None:
        """Keep a body that could not be read."""
        _log.error("a body of %d bytes could not be read; it is kept as a dead letter", len(accepted.body))
        self._add(_body_letter(self._letter, accepted, error))

    def bury_damaged(self, damaged: Damaged) -> None:
        """Keep damaged bytes of the spool."""
        place = f"byte {damaged.offset} of segment {damaged.position_after.segment} of the spool"
        if damaged.accepted is not None:
            self._add(_body_letter(self._letter, damaged.accepted, f"The checksum of the body at {place} is wrong."))
            return
        reason = f"At {place} no record begins; these bytes up to the next one are damaged."
        time_ns = self._now()
        self._add(self._letter(LetterKind.DAMAGE, damaged.content, reason, received_ns=time_ns, salt=place))

    def bury_spans(self, content: bytes, error: Exception) -> None:
        """Keep spans, as JSON, of which no rows could be made."""
        _log.error("no rows could be made of %d bytes of spans; they are kept as a dead letter", len(content))
        first = next(iter(_read_origins(content)), _Origin())
        self._add(
            self._letter(
                LetterKind.SPANS,
                content,
                error,
                received_ns=first.received_ns or self._now(),
                workspace=first.workspace,
            )
        )

    def rows_letter(self, batch: Batch, error: Exception) -> DeadLetter:
        """The letter of rows that the store refuses."""
        _log.error("%d steps could not be written; they are kept as a dead letter", len(batch.steps), exc_info=error)
        rows = [*batch.executions, *batch.steps]
        return self._letter(
            LetterKind.ROWS,
            msgspec.json.encode(batch),
            error,
            received_ns=min((row.received_ns for row in rows), default=self._now()),
            workspace=rows[0].workspace if rows else None,
        )

    def take(self) -> tuple[list[DeadLetter], list[DeadLetter]]:
        """The letters to store since the last call, and those to remove."""
        if not self._written and not self._done:
            return [], []
        with self._lock:
            written, self._written = self._written, []
            done, self._done = self._done, []
        return written, done

    # Trying again

    def expect(self, letter: DeadLetter) -> Outcome:
        """Note that a letter is being tried again; the future is set when what became of it is durable."""
        with self._lock:
            self._tried[letter.letter_id] = letter
            if letter.kind == LetterKind.BODY:
                self._times.add(letter.received_ns)
            return self._outcomes.setdefault(letter.letter_id, Future())

    def remember(self, letters: Iterable[DeadLetter]) -> None:
        """Note the letters of bodies that an earlier server may have put back into the spool."""
        with self._lock:
            for letter in letters:
                self._tried[letter.letter_id] = letter
                self._times.add(letter.received_ns)

    def give_up(self, letter: DeadLetter) -> None:
        """Note that a letter is not being tried again after all."""
        with self._lock:
            self._tried.pop(letter.letter_id, None)
            self._outcomes.pop(letter.letter_id, None)

    def has_read(self, accepted: Accepted) -> None:
        """Note that a body could be read: if it was a letter, that goes."""
        if accepted.received_ns not in self._times:
            return
        letter_id = _body_letter(self._letter, accepted, "").letter_id
        with self._lock:
            letter = self._tried.pop(letter_id, None)
            if letter is not None:
                self._done.append(letter)

    def failed_again(self, letter: DeadLetter, error: Exception) -> DeadLetter:
        """The letter with its new reason and one attempt more."""
        with self._lock:
            self._tried.pop(letter.letter_id, None)
        return replace(
            letter,
            reason=_reason_of(error),
            traceback=_traceback_of(error),
            buried_ns=self._now(),
            attempts=letter.attempts + 1,
        )

    def stored(self, batch: Batch) -> None:
        """Tell those who wait that a batch is durable."""
        if not self._outcomes:
            return
        told: list[tuple[Struct, DeadLetter | None]] = [(row, None) for row in batch.removed]
        told += [(row, row) for row in batch.records if isinstance(row, DeadLetter)]
        for row, outcome in told:
            if isinstance(row, DeadLetter):
                with self._lock:
                    future = self._outcomes.pop(row.letter_id, None)
                if future is not None and not future.done():
                    future.set_result(outcome)

    def _add(self, letter: DeadLetter) -> None:
        with self._lock:
            before = self._tried.pop(letter.letter_id, None)
            if before is not None:
                letter = replace(letter, attempts=before.attempts + 1)
            self._written.append(letter)

    def _letter(
        self,
        kind: LetterKind,
        content: bytes,
        error: Exception | str,
        *,
        received_ns: int,
        workspace: str | None = None,
        signal: str | None = None,
        body_format: str | None = None,
        salt: str = "",
    ) -> DeadLetter:
        return DeadLetter(
            letter_id=_id_of(kind, workspace, signal, body_format, str(received_ns if not salt else 0), salt, content),
            server=self._server,
            workspace=workspace,
            kind=kind.value,
            signal=signal,
            body_format=body_format,
            reason=_reason_of(error),
            traceback=_traceback_of(error),
            content=base64.b64encode(content).decode(),
            size_bytes=len(content),
            received_ns=received_ns,
            buried_ns=self._now(),
            attempts=1,
        )


class LetterFolder:
    """Files for letters that the store refuses; each is named by its letter's id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, letter: DeadLetter) -> None:
        """Keep a letter durably; the file of the same id is replaced.

        Raises:
            OSError: the disk does not take it.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{letter.letter_id}{_SUFFIX}"
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(letter))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def letters(self) -> list[DeadLetter]:
        """Every letter that waits here; a file that cannot be read is left alone."""
        if not self._folder.is_dir():
            return []
        found: list[DeadLetter] = []
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=DeadLetter))
            except (OSError, msgspec.MsgspecError) as error:
                _log.warning("%s is no dead letter: %s", path, error)
        return found

    def remove(self, letter: DeadLetter) -> None:
        """Delete a letter's file, if there is one."""
        (self._folder / f"{letter.letter_id}{_SUFFIX}").unlink(missing_ok=True)


def incoming_of(letter: DeadLetter) -> Incoming:
    """The body of a letter of the kind `body`, as it came through the door."""
    return Incoming(
        Signal(letter.signal or ""),
        BodyFormat(letter.body_format or ""),
        letter.workspace,
        letter.received_ns,
        base64.b64decode(letter.content),
    )


def batch_of(letter: DeadLetter) -> Batch:
    """The rows of a letter of the kind `rows`."""
    return msgspec.json.decode(base64.b64decode(letter.content), type=Batch)


def spans_of(letter: DeadLetter) -> list[Facts]:
    """The spans of a letter of the kind `spans`."""
    return msgspec.json.decode(base64.b64decode(letter.content), type=list[Facts])


class _Origin(Struct):
    """What a span tells of where it belongs."""

    workspace: str | None = None
    received_ns: int | None = None


def _read_origins(content: bytes) -> list[_Origin]:
    try:
        return msgspec.json.decode(content, type=list[_Origin])
    except msgspec.MsgspecError:
        return []


def _body_letter(make: Callable[..., DeadLetter], accepted: Accepted, error: Exception | str) -> DeadLetter:
    return make(
        LetterKind.BODY,
        accepted.body,
        error,
        received_ns=accepted.received_ns,
        workspace=accepted.workspace,
        signal=accepted.signal.value,
        body_format=accepted.body_format.value,
    )


def _id_of(*parts: str | bytes | None) -> str:
    digest = blake2b(digest_size=12)
    for part in parts:
        piece = b"-" if part is None else b"+" + (part.encode() if isinstance(part, str) else part)
        digest.update(len(piece).to_bytes(8, "little") + piece)
    return digest.hexdigest()


def _reason_of(error: Exception | str) -> str:
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return _storable(text)[:_LONGEST_REASON]


def _traceback_of(error: Exception | str) -> str | None:
    return (
        None if isinstance(error, str) else _storable("".join(traceback.format_exception(error)))[-_LONGEST_TRACEBACK:]
    )


def _storable(text: str) -> str:
    """No database takes NUL or half a character in a text."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def letters_of(records: Iterable[Struct]) -> list[DeadLetter]:
    """The dead letters among records."""
    return [record for record in records if isinstance(record, DeadLetter)]
