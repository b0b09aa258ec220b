"""Brings files of other programs into a running server, or into a data folder that nobody serves."""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Protocol

import msgspec
from msgspec import Struct

from longpole.client.answers import found_server
from longpole.client.installed import packages_of_server
from longpole.ingest.imports.formats import Format, Reader
from longpole.ingest.imports.parts import Found, Part, Unread
from longpole.model.errors import KeyRefused, ServerUnreachable
from longpole.settings import Settings, data_folder
from longpole.ship.find import connect

ANSWER_S = 60.0
PATIENCE_S = 120.0
"""So long in all a server may say that it is busy, or not answer at all."""

MOST_TOLD = 1_000


class Imported(Struct, kw_only=True):
    """What came of an import. `unread` names at most `MOST_TOLD` of `unread_count`; a place is file and place in it."""

    files: int = 0
    spans: int = 0
    requests: int = 0
    unread_count: int = 0
    unread: list[str] = []


class Target(Protocol):
    """Where requests go."""

    def take(self, part: Part) -> Unread | None:
        """Take a request durably; what of it was refused, if anything."""
        ...


Tell = Callable[[int], None]
"""Told how many bytes of all files are done."""


def import_files(settings: Settings, paths: Sequence[Path], chosen: Format | None, tell: Tell) -> Imported:
    """Import files, into the server at `settings.url` or that of the data folder, else into the folder itself.

    Args:
        settings: where to.
        paths: the files.
        chosen: their format; without it each is looked at.
        tell: called with the bytes that are done.

    Raises:
        ServerUnreachable: the server does not answer.
        KeyRefused: the server wants another key.
    """
    outcome = Imported(files=len(paths))
    with _target(settings) as target:
        for name, found in _all(Reader(chosen), paths, tell):
            if isinstance(found, Unread):
                _note(outcome, name, found)
                continue
            refused = target.take(found)
            outcome.requests += 1
            outcome.spans += found.spans - (refused.count if refused is not None else 0)
            if refused is not None:
                _note(outcome, name, refused)
    return outcome


def _all(reader: Reader, paths: Sequence[Path], tell: Tell) -> Iterator[tuple[str, Found]]:
    done = 0
    for path in paths:
        for found in reader.read(path, lambda size, before=done: tell(before + size)):
            yield path.name, found
        done += path.stat().st_size if path.exists() else 0
        tell(done)
    for found in reader.rest():
        yield "", found


def _note(outcome: Imported, name: str, unread: Unread) -> None:
    outcome.unread_count += 1
    if len(outcome.unread) < MOST_TOLD:
        outcome.unread.append(", ".join(part for part in (name, unread.place) if part) + f": {unread.reason}")


@contextmanager
def _target(settings: Settings) -> Generator[Target]:
    door = found_server(settings)
    if door is not None:
        target = _Server(settings, door.url)
        try:
            yield target
        finally:
            target.close()
        return
    folder = data_folder(settings)
    with packages_of_server(folder):
        from longpole.client.imports_offline import open_folder  # noqa: PLC0415 - DuckDB and protobuf are extras
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_folder(settings, folder) as target:
        yield target


class _Partial(Struct, frozen=True, rename="camel"):
    rejected_spans: int | str = 0
    rejected_log_records: int | str = 0
    error_message: str = ""


class _Answer(Struct, frozen=True, rename="camel"):
    partial_success: _Partial = _Partial()
    detail: str = ""


class _Server:
    def __init__(self, settings: Settings, url: str) -> None:
        self._url = url
        folder = data_folder(settings)
        self._connection = connect(folder, settings.api_key, settings.certificate_authorities, url, ANSWER_S)

    def take(self, part: Part) -> Unread | None:
        """Send it, again while the server says that it is busy."""
        until = monotonic() + PATIENCE_S
        while True:
            answer = self._connection.post(f"/v1/{part.signal}", part.body)
            if answer.status in (401, 403):
                raise KeyRefused(
                    self._told(answer.body).detail or f"{self._url} wants another key. Set LONGPOLE_API_KEY."
                )
            is_for_later = answer.status in (0, 429, 502, 503, 504)
            if not is_for_later or monotonic() > until:
                break
            threading.Event().wait(answer.retry_after_s or 0.5)
        if answer.status == 0 or is_for_later:
            raise ServerUnreachable(
                f"No answer from {self._url}: {answer.body.decode(errors='replace')[:300] or answer.status}. Expected "
                "a running Longpole server. Start 'longpole serve' and import again: what came in stays."
            )
        told = self._told(answer.body)
        if answer.status >= 300:
            return Unread(part.place, told.detail or f"The server answered {answer.status}.", part.spans)
        rejected = int(told.partial_success.rejected_spans) + int(told.partial_success.rejected_log_records)
        return Unread(part.place, told.partial_success.error_message, rejected) if rejected else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @staticmethod
    def _told(body: bytes) -> _Answer:
        try:
            return msgspec.json.decode(body, type=_Answer)
        except msgspec.MsgspecError:
            return _Answer()
