"""The dead letters of a running server or of a store that nobody holds: list, look, try again, drop."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from longpole.client.answers import server_or_store
from longpole.client.installed import packages_of_server
from longpole.client.over_http import HttpDoor
from longpole.model.batch import Batch
from longpole.model.intake import DeadLetter
from longpole.reports.dead_letters import (
    DeadLetterDetail,
    DeadLetterPage,
    RetriedLetter,
    dead_letter_of,
    detail_of,
    list_dead_letters,
    retried,
)
from longpole.reports.filters import read_letter_filters
from longpole.settings import Settings, data_folder

if TYPE_CHECKING:
    from longpole.store.engine import Engine

ANSWER_WAIT_S = 10.0
"""So long is waited for what becomes of a letter that is tried again."""

Pairs = Sequence[tuple[str, str]]


class LetterBox:
    """The letters of a store.

    Args:
        store: where they are.
        retry: tries a letter again; the future is what became of it, nothing if it succeeded.
        write: stores a batch durably.
    """

    def __init__(
        self,
        store: "Engine",
        *,
        retry: Callable[[DeadLetter], "Future[DeadLetter | None]"],
        write: Callable[[Batch], None],
    ) -> None:
        self._store = store
        self._retry = retry
        self._write = write

    def letters(self, filters: Pairs) -> DeadLetterPage:
        """What `GET /api/dead-letters` answers."""
        return list_dead_letters(self._store, read_letter_filters(filters))

    def letter(self, letter_id: str, workspace: str | None) -> DeadLetterDetail:
        """What `GET /api/dead-letters/{id}` answers."""
        return detail_of(dead_letter_of(self._store, letter_id, workspace))

    def retry(self, letter_id: str, workspace: str | None) -> RetriedLetter:
        """What `POST /api/dead-letters/{id}/retry` answers: what became of it, within ten seconds."""
        letter = dead_letter_of(self._store, letter_id, workspace)
        try:
            after = self._retry(letter).result(ANSWER_WAIT_S)
        except TimeoutError:
            return retried(letter, None, outcome="waiting")
        return retried(letter, after, outcome="done" if after is None else "failed")

    def drop(self, letter_id: str, workspace: str | None) -> RetriedLetter:
        """What `DELETE /api/dead-letters/{id}` answers: the letter is gone, and what it held."""
        letter = dead_letter_of(self._store, letter_id, workspace)
        self._write(Batch(removed=[letter]))
        return retried(letter, None, outcome="dropped")


class HttpLetterBox:
    """The letters of the server behind a door."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    def letters(self, filters: Pairs) -> DeadLetterPage:
        """`GET /api/dead-letters`."""
        return self._door.request("GET", "/api/dead-letters", filters, DeadLetterPage)

    def letter(self, letter_id: str, workspace: str | None) -> DeadLetterDetail:
        """`GET /api/dead-letters/{id}`."""
        return self._door.request("GET", _path(letter_id), _scope(workspace), DeadLetterDetail)

    def retry(self, letter_id: str, workspace: str | None) -> RetriedLetter:
        """`POST /api/dead-letters/{id}/retry`."""
        return self._door.request("POST", f"{_path(letter_id)}/retry", _scope(workspace), RetriedLetter)

    def drop(self, letter_id: str, workspace: str | None) -> RetriedLetter:
        """`DELETE /api/dead-letters/{id}`."""
        return self._door.request("DELETE", _path(letter_id), _scope(workspace), RetriedLetter)


@contextmanager
def open_letter_box(settings: Settings) -> Generator[LetterBox | HttpLetterBox]:
    """The letters of the server at `settings.url`, else of the one that serves the data folder, else of the store.

    That is the one that `settings.store` names, else the database file of the folder.

    Raises:
        ServerUnreachable: no server answers and there is no store.
        StoreLocked: the store is held by a process that does not answer.
    """
    door = server_or_store(settings)
    if door is not None:
        yield HttpLetterBox(door)
        return
    folder = data_folder(settings)
    with packages_of_server(folder):
        from longpole.ingest.offline import open_offline  # noqa: PLC0415 - needs DuckDB and protobuf of the server extra
    # Its own pipeline takes in what is tried again.
    with open_offline(settings, folder) as (store, pipeline):
        yield LetterBox(store, retry=pipeline.retry, write=pipeline.write)


def _path(letter_id: str) -> str:
    return f"/api/dead-letters/{quote(letter_id, safe='')}"


def _scope(workspace: str | None) -> Pairs:
    return [] if workspace is None else [("workspace", workspace)]
