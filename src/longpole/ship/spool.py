"""What could not be delivered, in one SQLite file per endpoint, shared by all processes that send there.

SQLite in WAL mode with `synchronous=NORMAL`: a commit takes 0.3 ms and survives the process, however it ends.
"""

import re
import sqlite3
import time
import zlib
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import RLock

from msgspec import Struct

LOCAL = "local"
BUSY_MS = 2000
LONGEST_HOLD_S = 1.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS bodies (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL,
  items INTEGER NOT NULL,
  spooled_ns INTEGER NOT NULL,
  claimed_until_ns INTEGER NOT NULL,
  body BLOB NOT NULL
)
"""
_INSERT = "INSERT INTO bodies (path, items, spooled_ns, claimed_until_ns, body) VALUES (?, ?, ?, ?, ?)"
_CLAIM = """
UPDATE bodies SET claimed_until_ns = :until
WHERE id IN (SELECT id FROM bodies WHERE claimed_until_ns <= :now ORDER BY id LIMIT :most)
RETURNING id, path, items, body
"""
_AMOUNT = "SELECT count(*), coalesce(sum(items), 0), coalesce(sum(length(body)), 0), min(spooled_ns) FROM bodies"
_DROP_OLDEST = (
    "DELETE FROM bodies WHERE id IN (SELECT id FROM bodies ORDER BY id LIMIT 16) RETURNING items, length(body)"
)


class SpooledBody(Struct, frozen=True, kw_only=True):
    """A whole OTLP/HTTP JSON request body, not compressed. `path` is where it belongs, such as `/v1/traces`."""

    id: int
    path: str
    items: int
    body: bytes


def spool_file(folder: Path, endpoint: str | None, key: str | None = None) -> Path:
    """The file for an endpoint; `None` stands for "the server of this machine, whenever there is one".

    What is to be sent with a key has a file of its own, named by a few digits of the key's hash: the key decides whose
    data it is, so nobody else may deliver it.
    """
    name = LOCAL if endpoint is None else re.sub(r"[^A-Za-z0-9.-]+", "_", endpoint).strip("_")
    own = "" if key is None else f"-{sha256(key.encode()).hexdigest()[:12]}"
    return folder / f"{name}{own}.sqlite"


class Spool:
    """The SDK's side of a spool file. Safe across threads and processes; opened at first use, not across a fork.

    Args:
        file: made, with its folder, when something is spooled.
        limit_bytes: beyond it the oldest bodies are dropped.
    """

    def __init__(self, file: Path, limit_bytes: int) -> None:
        self._file = file
        self._limit_bytes = limit_bytes
        self._lock = RLock()  # a signal handler may shut down in the middle of it
        self._is_held = False
        self._connection: sqlite3.Connection | None = None
        self._size_bytes = 0

    def hold(self) -> None:
        """Keeps other threads out until `let_go`: at a fork none may be inside SQLite, whose own locks the child would
        inherit and wait for, for ever. Waits for at most a second."""
        self._is_held = self._lock.acquire(timeout=LONGEST_HOLD_S)

    def let_go(self) -> None:
        """Ends `hold`."""
        if self._is_held:
            self._is_held = False
            self._lock.release()

    def prepare(self) -> None:
        """Makes the file, if it is not there.

        Raises:
            sqlite3.Error, OSError: as `add`.
        """
        with self._turn():
            self._opened()

    def add(self, bodies: Iterable[tuple[str, int, bytes]], *, claimed_s: float = 0.0) -> tuple[list[int], int]:
        """Keeps (path, items, body) and gives their ids, and how many items had to be dropped for room.

        Raises:
            sqlite3.Error, OSError: the disk is full or the folder cannot be written.
        """
        now = time.time_ns()
        ids: list[int] = []
        with self._turn():
            connection = self._opened()
            for path, items, body in bodies:
                packed = zlib.compress(body, 1)
                values = (path, items, now, now + int(claimed_s * 1e9), packed)
                cursor = connection.execute(_INSERT, values)
                ids.append(cursor.lastrowid or 0)
                self._size_bytes += len(packed)
            dropped = self._make_room(connection)
            connection.commit()
        return ids, dropped

    def claim(self, most: int, for_s: float) -> list[SpooledBody]:
        """The oldest bodies that nobody else is sending; for `for_s` seconds they are ours."""
        with self._turn():
            if self._connection is None and not self._file.is_file():
                return []
            now = time.time_ns()
            connection = self._opened()
            rows = connection.execute(_CLAIM, {"until": now + int(for_s * 1e9), "now": now, "most": most}).fetchall()
            connection.commit()
        return [_spooled(row) for row in sorted(rows)]

    def remove(self, ids: Sequence[int]) -> None:
        """Takes delivered bodies out."""
        if not ids:
            return
        with self._turn():
            connection = self._opened()
            connection.executemany("DELETE FROM bodies WHERE id = ?", [(each,) for each in ids])
            connection.commit()

    def give_back(self, ids: Sequence[int]) -> None:
        """Ends our claim on bodies that could not be delivered now."""
        if not ids:
            return
        with self._turn():
            connection = self._opened()
            connection.executemany("UPDATE bodies SET claimed_until_ns = 0 WHERE id = ?", [(each,) for each in ids])
            connection.commit()

    def close(self) -> None:
        """Lets go of the file."""
        with self._turn():
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _turn(self) -> Generator[None]:
        """Nobody waits for ever: a signal may have interrupted the thread whose turn it is, and its handler may wait
        for what the caller holds."""
        if not self._lock.acquire(timeout=LONGEST_HOLD_S):
            raise sqlite3.OperationalError("the spool is in use")
        try:
            yield
        finally:
            self._lock.release()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = _connect(self._file)
            connection.execute(_SCHEMA)
            self._size_bytes = connection.execute("SELECT coalesce(sum(length(body)), 0) FROM bodies").fetchone()[0]
            connection.commit()
            self._file.chmod(0o600)
            self._connection = connection
        return self._connection

    def _make_room(self, connection: sqlite3.Connection) -> int:
        """Drops the oldest until the limit holds. Other processes write too, so the size is counted anew first."""
        if self._size_bytes <= self._limit_bytes:
            return 0
        self._size_bytes = connection.execute("SELECT coalesce(sum(length(body)), 0) FROM bodies").fetchone()[0]
        dropped = 0
        while self._size_bytes > self._limit_bytes:
            rows = connection.execute(_DROP_OLDEST).fetchall()
            if not rows:
                break
            dropped += sum(items for items, _ in rows)
            self._size_bytes -= sum(size for _, size in rows)
        return dropped


class SpooledAmount(Struct, frozen=True, kw_only=True):
    """What waits in a spool file. `oldest_ns` is the time of day at which the oldest was spooled, null without any."""

    bodies: int
    items: int
    size_bytes: int
    oldest_ns: int | None


def amount_in(file: Path) -> SpooledAmount:
    """What waits in a spool file, which is only read.

    Raises:
        sqlite3.Error: it is no spool, or is broken.
    """
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_MS / 1000)
    try:
        bodies, items, size_bytes, oldest_ns = connection.execute(_AMOUNT).fetchone()
    finally:
        connection.close()
    return SpooledAmount(bodies=bodies, items=items, size_bytes=size_bytes, oldest_ns=oldest_ns)


def _connect(file: Path) -> sqlite3.Connection:
    # Not sqlite3.connect: whoever instruments that would see our own queries as the program's.
    connection = sqlite3.Connection(file, timeout=BUSY_MS / 1000, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _spooled(row: tuple[int, str, int, bytes]) -> SpooledBody:
    return SpooledBody(id=row[0], path=row[1], items=row[2], body=zlib.decompress(row[3]))
