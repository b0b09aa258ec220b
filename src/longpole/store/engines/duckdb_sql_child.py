"""The program that runs one SELECT of a person over a DuckDB file, in a process of its own with little to break.

It is started by `duckdb_sql`, reads a question as JSON from its standard input and writes the answer to its standard
output. What it may use is limited before DuckDB is loaded, and DuckDB itself reaches no file, no network and no
extension once the database is attached.

The file is held by the server, whose lock lets no second process in. But while the server holds off its checkpoints,
nothing that the last one wrote is changed: what is new goes to other places of the file. So it is read past the lock,
through a file system that DuckDB takes from Python and that knows this one file only.
"""

import os
import resource
import sys
from datetime import tzinfo
from threading import local
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import msgspec
from fsspec import AbstractFileSystem

from longpole.store.engines.duckdb_sql_messages import Answer, Question
from longpole.store.plain_value import encoded_value, plain_value

NAME = "held://database"
_THREADS = 2


def main() -> None:
    """Answer the question on standard input."""
    # Before anything is asked; what is imported counts too, as both limits are on the whole process.
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    _limit(question)
    try:
        answer = answer_to(question)
    except MemoryError:
        answer = Answer(error="Out of Memory Error: the process may not take more")
    except Exception as error:
        answer = Answer(error=str(error) or type(error).__name__)
    sys.stdout.buffer.write(encoded_value(answer))
    sys.stdout.buffer.flush()
    os._exit(0)  # without the interpreter's end, which has nothing to tidy up and takes longer than a question


def _limit(question: Question) -> None:
    for what, most in (
        (resource.RLIMIT_AS, question.address_bytes),
        (resource.RLIMIT_CPU, question.cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(10)


def answer_to(question: Question) -> Answer:
    """The answer, by a connection of its own. Raises whatever DuckDB raises."""
    statements = duckdb.extract_statements(question.sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(str(statement.type).rpartition(".")[2] for statement in statements) or "nothing"
        return Answer(is_not_one_select=True, error=kinds)
    connection = _connected(question)
    _read_times_without_pytz()
    cursor = connection.execute(statements[0])
    columns = [(str(name), str(kind)) for name, kind, *_ in cursor.description or ()]
    rows: list[list[Any]] = []
    size, has_more = 0, False
    while (row := cursor.fetchone()) is not None:
        plain = [plain_value(value) for value in row]
        size += len(encoded_value(plain))
        if len(rows) == question.limit or size > question.answer_bytes:
            has_more = True
            break
        rows.append(plain)
    return Answer(columns=columns, rows=rows, has_more=has_more)


def _connected(question: Question) -> Any:
    """A connection that sees the tables of the file and reaches nothing else."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{question.memory_bytes}B",
            "threads": _THREADS,
            "temp_directory": "",
            "max_temp_directory_size": "0B",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "python_scan_all_frames": False,
        },
    )
    held = HeldFile(question.file)
    connection.register_filesystem(held)
    connection.execute(f"ATTACH '{NAME}' AS stored (READ_ONLY)")
    connection.execute("USE stored")
    held.is_shut = True
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


class Opened:
    """An open file in which every thread has a place of its own: DuckDB's share it, and seek before they read."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._place = local()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; counted from the start of the file, or from its end."""
        start = os.fstat(self._file).st_size if whence == os.SEEK_END else 0
        self._place.at = start + offset
        return self._place.at

    def tell(self) -> int:
        """Where this thread is."""
        return getattr(self._place, "at", 0)

    def read(self, size: int) -> bytes:
        """So many bytes from where this thread is, fewer at the end of the file."""
        found = os.pread(self._file, size, self.tell())
        self._place.at = self.tell() + len(found)
        return found

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


class HeldFile(AbstractFileSystem):
    """A file system in which there is one file, to be read; once it is shut, none."""

    protocol = "held"
    cachable = False

    def __init__(self, path: str) -> None:
        super().__init__()
        self.is_shut = False
        self._path = path

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: Any = None,
        **_: Any,
    ) -> Any:
        if self.is_shut or not self.exists(path) or mode != "rb":
            raise PermissionError(path)
        return Opened(self._path)

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What DuckDB asks before it opens the file."""
        if not self.exists(path):
            raise FileNotFoundError(path)
        return {"name": NAME, "size": os.stat(self._path).st_size, "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Whether this is the name of the file: the log beside it is not there for who asks."""
        return path.removeprefix("held://").lstrip("/") == "database"


def _read_times_without_pytz() -> None:
    """DuckDB asks a package for time zones that Python has had itself since 3.9."""

    def localized(self: "_Zone", when: Any) -> Any:
        return when.replace(tzinfo=self.zone)

    class _Zone(tzinfo):
        localize = localized

        def __init__(self, name: str) -> None:
            self.zone = ZoneInfo(name)

        def utcoffset(self, dt: Any) -> Any:
            return self.zone.utcoffset(dt)

        def dst(self, dt: Any) -> Any:
            return self.zone.dst(dt)

        def tzname(self, dt: Any) -> Any:
            return self.zone.tzname(dt)

    stand_in = ModuleType("pytz")
    vars(stand_in).update(timezone=_Zone, utc=_Zone("UTC"))
    sys.modules.setdefault("pytz", stand_in)


if __name__ == "__main__":
    main()
