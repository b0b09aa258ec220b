"""The segment spool: bodies are durable here before anyone is told that they were taken.

A segment is a file of records; a record is a header with a checksum and the sender's body, decompressed. (Measured on
a real body of 53 spans, 65 kB: write and sync 86 us of CPU plain; 54 us as gzip, and 40 us to decompress it again.)
Appends wait in a group while the disk syncs the group
before: one `fdatasync` answers all of them, no timer involved. A position names the next byte to read, so that the
store can keep, in the transaction that holds the rows, how far it has come.

    spool = Spool.open(folder, after=position)      # position: what the store kept, or START
    durable = spool.append(Incoming(...))           # a concurrent Future of the position after the record
    for accepted in spool.read(position, timeout_s=0.025):
        position = accepted.position_after
    spool.forget(position)                          # everything before it is stored

What is damaged in the middle of a segment costs itself: reading goes on at the next whole record, and the damaged bytes
are given to the reader as `Damaged`. A record that the end of the file tears was acknowledged to nobody and is cut off.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from longpole.ingest.outage import Outage, Trouble
from longpole.ingest.segment import (
    HEADER_BYTES,
    BodyFormat,
    Record,
    Signal,
    check_segment,
    encode_header,
    find_record,
    read_record,
    segment_number,
    segment_path,
    write_all,
)
from longpole.model.batch import SpoolPosition
from longpole.model.errors import SpoolFull, SpoolUnwritable, StoreError

SEGMENT_BYTES = 64 * 1024 * 1024
MAX_BYTES = 8 * 1024 * 1024 * 1024
READ_BYTES = 4 * 1024 * 1024
_DAMAGED_PIECE_BYTES = 8 * 1024 * 1024  # one dead letter each

START = SpoolPosition(segment=0, offset=0)
"""Before everything that any spool holds."""

__all__ = ["START", "Accepted", "BodyFormat", "Damaged", "Incoming", "Signal", "Spool"]

_log = logging.getLogger("longpole.spool")
# macOS has no fdatasync; its fsync costs the same here, as a segment's length changes with every group.
_sync = getattr(os, "fdatasync", os.fsync)


if sys.platform == "darwin":
    import fcntl

    def _sync_drive(file: int) -> None:
        """Empty the drive's memory too, in which fsync leaves the bytes on macOS."""
        try:
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)
        except OSError:  # a file system that has no such command
            os.fsync(file)

else:

    def _sync_drive(file: int) -> None:
        """What the system syncs has left the drive's memory too."""
        _sync(file)


class Incoming(Struct, frozen=True, gc=False):
    """A body that passed the door's checks. `workspace` is the one of the API key, `None` where no keys are used."""

    signal: Signal
    body_format: BodyFormat
    workspace: str | None
    received_ns: int
    body: bytes


class Accepted(Struct, frozen=True, gc=False):
    """A durable body. Once everything up to and with it is stored, `position_after` is the position to keep."""

    position_after: SpoolPosition
    signal: Signal
    body_format: BodyFormat
    workspace: str | None
    received_ns: int
    body: bytes


class Damaged(Struct, frozen=True, gc=False):
    """Bytes of a segment that are no whole record; `accepted` is the body if only its checksum is wrong."""

    position_after: SpoolPosition
    offset: int
    content: bytes
    accepted: Accepted | None = None


class _Waiting(Struct):
    incoming: Incoming
    durable: "Future[SpoolPosition]"


class Spool:
    """The spool of one server. All methods may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        sizes: dict[int, int],
        segment: int,
        segment_bytes: int,
        max_bytes: int,
        suspect: frozenset[int] = frozenset(),
    ) -> None:
        """Use `Spool.open`."""
        self._folder = folder
        self._sync: Callable[[int], object] = lambda file: _sync(file)
        self._suspect = suspect  # segments in which something is damaged
        self._sizes = sizes  # durable bytes of every segment on disk, by number
        self._segment = segment  # the one being written; on disk once it has a record
        self._segment_bytes = segment_bytes
        self._max_bytes = max_bytes
        self._file: int | None = None
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._is_closed = False
        self._is_lost = False  # the segment being written is no longer on disk
        self._is_turning = False  # what comes next belongs into a new segment
        self._outage = Outage(f"The spool in {folder} cannot be written", _log)
        lock = threading.Lock()
        self._arrived = threading.Condition(lock)
        self._durable = threading.Condition(lock)
        self._writer = threading.Thread(target=self._write_groups, name="longpole-spool", daemon=True)
        self._writer.start()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        after: SpoolPosition = START,
        segment_bytes: int = SEGMENT_BYTES,
        max_bytes: int = MAX_BYTES,
        survives_power_loss: bool = False,
    ) -> "Spool":
        """The spool in `folder`, made if missing.

        A torn record at the end of a segment (the process was killed while writing it, so nobody was told that it was
        taken) is cut off; other damage stays, see `Damaged`. Segments that lie wholly before `after` are deleted.
        Writing begins in a new segment, numbered above `after`, so that positions only grow, even if somebody emptied
        the folder.

        With `survives_power_loss` what is durable has left the drive's memory too, to which macOS does not see itself.

        Cost: what is not yet stored is read once to compare checksums, about 1 GB a second.

        Raises:
            StoreTooNew: a newer Longpole wrote what is there.
            StoreError: the folder cannot be read or written.
        """
        try:
            _make_folder(folder)
            sizes, suspect = _take_stock(folder, after)
        except OSError as error:
            raise StoreError(
                f"The spool in {folder} cannot be opened: {error.strerror}. Expected a folder that can be read and "
                "written. Make it so, give the disk room, or choose another data folder."
            ) from error
        newest = max([after.segment, *sizes], default=0)
        spool = cls(folder, sizes, newest + 1, segment_bytes, max_bytes, frozenset(suspect))
        if survives_power_loss:
            spool._sync = _sync_drive
        return spool

    def append(self, incoming: Incoming) -> "Future[SpoolPosition]":
        """Take a body; the future resolves to the position after it when it is durable, else to `SpoolUnwritable`.

        Raises:
            SpoolFull: the spool is at its size limit.
            SpoolUnwritable: it is closed.
        """
        size = HEADER_BYTES + len(incoming.body)
        future: Future[SpoolPosition] = Future()
        with self._arrived:
            held = sum(self._sizes.values()) + self._waiting_bytes
            if self._is_closed:
                raise SpoolUnwritable(
                    "The spool is closed. Expected a server that is not just stopping. Send the same again later."
                )
            if held + size > self._max_bytes:
                raise SpoolFull(
                    f"The spool holds {held} bytes and {size} more were sent. Expected at most {self._max_bytes} in "
                    "all. Wait until the server has stored some of them, or set `server_spool_limit_bytes` higher."
                )
            self._waiting.append(_Waiting(incoming, future))
            self._waiting_bytes += size
            self._arrived.notify()
        return future

    def read(
        self, position: SpoolPosition, *, max_bytes: int = READ_BYTES, timeout_s: float | None = 0.0
    ) -> list[Accepted | Damaged]:
        """Durable bodies from `position` on, oldest first: at least one, and more until `max_bytes` is reached.

        Bytes that are damaged take the place of the bodies that they were.

        Waits up to `timeout_s` seconds (`None`: without end) for the first; empty if none came or the spool is closed
        and read to its end. A position in a segment that is gone means the next one.
        """
        with self._durable:
            self._durable.wait_for(lambda: self._is_closed or self._next(position) is not None, timeout_s)
            place = self._next(position)
            if place is None:
                return []
            end = self._sizes[place.segment]
        found: list[Accepted | Damaged] = []
        at = place.offset
        try:
            file = segment_path(self._folder, place.segment).open("rb")
        except FileNotFoundError:
            self._lose(place.segment)
            return []
        with file:
            while at < end and (not found or at - place.offset < max_bytes):
                item = _read_next(file, place.segment, at, end, verify=place.segment in self._suspect)
                at = item.position_after.offset
                found.append(item)
        return found

    def unread_bytes(self, position: SpoolPosition) -> int:
        """How many bytes lie between `position` and the end, those not yet durable included."""
        with self._durable:
            later = sum(size for number, size in self._sizes.items() if number > position.segment)
            rest = self._sizes.get(position.segment, position.offset) - position.offset
            return later + rest + self._waiting_bytes

    @property
    def trouble(self) -> Trouble | None:
        """Why the disk takes no writes now; nothing if it took the last one."""
        return self._outage.trouble

    @property
    def held_bytes(self) -> int:
        """Bytes on disk, stored or not."""
        with self._durable:
            return sum(self._sizes.values())

    def forget(self, position: SpoolPosition) -> None:
        """Delete the segments that lie wholly before `position`. What they held must be durable by now."""
        with self._durable:
            passed = [number for number in self._sizes if number < position.segment]
            if position.segment != self._segment and self._sizes.get(position.segment) == position.offset:
                passed.append(position.segment)
            for number in passed:
                del self._sizes[number]
        if passed:  # a database file that is new must not lose its name when what it was made of goes
            with suppress(OSError):
                sync_folder(self._folder.parent)
        for number in passed:
            segment_path(self._folder, number).unlink(missing_ok=True)

    def turn(self) -> None:
        """Go on in a new segment, so that `forget` can delete everything that is held now once it is stored."""
        with self._arrived:
            self._is_turning = True
            self._arrived.notify_all()
            self._durable.wait_for(lambda: not self._is_turning or self._is_closed)

    def close(self) -> None:
        """Write what waits, then stop. Later appends raise `SpoolFull`; reading goes on."""
        with self._arrived:
            self._is_closed = True
            self._arrived.notify_all()
            self._durable.notify_all()
        self._writer.join()

    def _lose(self, segment: int) -> None:
        """Somebody deleted a segment from under the spool: go on with the next, rather than stop for good."""
        with self._durable:
            size = self._sizes.pop(segment, 0)
            self._is_lost = self._is_lost or segment == self._segment
        _log.error("segment %d of the spool is gone; up to %d bytes of bodies with it", segment, size)

    def _next(self, position: SpoolPosition) -> SpoolPosition | None:
        """Where the next durable record begins, or None."""
        if self._sizes.get(position.segment, 0) > position.offset:
            return position
        later = min((n for n, size in self._sizes.items() if n > position.segment and size), default=None)
        return None if later is None else SpoolPosition(segment=later, offset=0)

    # The writer thread

    def _write_groups(self) -> None:
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: self._waiting or self._is_closed or self._is_turning)
                if self._is_turning:
                    self._turn()
                    continue
                group, self._waiting = self._waiting, []
                size, self._waiting_bytes = self._waiting_bytes, 0
            if not group:
                self._close_file()
                return
            self._settle(group, size)

    def _turn(self) -> None:
        """Begin a new segment, unless the one being written is empty. The lock is held."""
        self._close_file()
        self._segment += self._segment in self._sizes
        self._is_turning = False
        self._durable.notify_all()

    def _settle(self, group: list[_Waiting], size: int) -> None:
        """Write one group and answer everyone in it, all with success or all with `SpoolUnwritable`."""
        start = self._sizes.get(self._segment, 0)
        try:
            if start >= self._segment_bytes or self._is_lost:
                self._close_file()
                self._is_lost = False
                self._segment, start = self._segment + 1, 0
            ends = self._write(group, start)
        except OSError as error:
            self._abandon(start)
            self._outage.failed(error)
            unwritable = SpoolUnwritable(
                f"Writing {size} bytes to the spool in {self._folder} failed: {error.strerror}. Expected a disk with "
                "room that can be written. Free some; the sender may send the same again."
            )
            for waiting in group:
                waiting.durable.set_exception(unwritable)
            return
        self._outage.worked()
        with self._durable:
            self._sizes[self._segment] = ends[-1]
            self._durable.notify_all()
        for waiting, end in zip(group, ends, strict=True):
            waiting.durable.set_result(SpoolPosition(segment=self._segment, offset=end))

    def _write(self, group: list[_Waiting], start: int) -> list[int]:
        """Append a group and sync it; gives the offset after each record."""
        if self._file is None:
            _make_folder(self._folder)
            path = segment_path(self._folder, self._segment)
            self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
            sync_folder(self._folder)
        ends: list[int] = []
        pieces: list[bytes] = []
        for waiting in group:
            item = waiting.incoming
            place = (self._segment, start)
            header = encode_header(place, item.signal, item.body_format, item.workspace, item.received_ns, item.body)
            pieces += (header, item.body)
            start += len(header) + len(item.body)
            ends.append(start)
        write_all(self._file, pieces)
        self._sync(self._file)
        return ends

    def _abandon(self, durable_length: int) -> None:
        """After a failed write: the segment keeps what was durable, and the next group begins a new one."""
        self._close_file()
        path = segment_path(self._folder, self._segment)
        with suppress(OSError):
            os.truncate(path, durable_length)
            if durable_length == 0:
                path.unlink(missing_ok=True)
        self._segment += 1

    def _close_file(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None


def _take_stock(folder: Path, after: SpoolPosition) -> tuple[dict[int, int], set[int]]:
    """The length of every segment that is still needed, and which of them are damaged; torn tails are cut off."""
    sizes: dict[int, int] = {}
    suspect: set[int] = set()
    for number in sorted(n for n in map(segment_number, folder.iterdir()) if n is not None):
        path = segment_path(folder, number)
        if number < after.segment:
            path.unlink()
            continue
        extent = check_segment(path, number, after.offset if number == after.segment else 0)
        torn = path.stat().st_size - extent.length
        if torn > 0:
            _log.warning("%s: cut off %d bytes after the last whole record", path.name, torn)
            os.truncate(path, extent.length)
        if extent.damaged:
            _log.error("%s: %d bytes are damaged; they become dead letters", path.name, extent.damaged)
            suspect.add(number)
        sizes[number] = extent.length
    return sizes, suspect


def _read_next(file: BinaryIO, segment: int, offset: int, end: int, *, verify: bool) -> Accepted | Damaged:
    """The record at `offset`, or what is damaged from there up to the next whole one, a piece at a time."""
    file.seek(offset)
    record = read_record(file, (segment, offset), verify=verify)
    if isinstance(record, Record) and offset + record.size <= end:
        after = SpoolPosition(segment=segment, offset=offset + record.size)
        accepted = Accepted(after, record.signal, record.body_format, record.workspace, record.received_ns, record.body)
        return accepted if record.is_whole else Damaged(after, offset, record.body, accepted)
    next_offset = min(find_record(file, segment, offset + 1, end), offset + _DAMAGED_PIECE_BYTES)
    file.seek(offset)
    content = file.read(next_offset - offset)
    _log.error("segment %d: bytes %d to %d of the spool are no whole record", segment, offset, next_offset)
    return Damaged(SpoolPosition(segment=segment, offset=next_offset), offset, content)


def _make_folder(folder: Path) -> None:
    """Make the folder if it is missing, its name durable in the folder above."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names of new files in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
