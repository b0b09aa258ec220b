"""The audit's findings of a running server or of a store that nobody holds: post, ask what they cost, say what becomes
of them."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from longpole.client.answers import server_or_store
from longpole.client.installed import packages_of_server
from longpole.client.over_http import HttpDoor
from longpole.model import clock
from longpole.model.batch import Batch
from longpole.reports.audit_findings import audit_of
from longpole.reports.audit_post import change_state, post_findings
from longpole.reports.audit_views import AuditPost, AuditPosted, AuditReport, AuditStateChange
from longpole.settings import Settings, data_folder

if TYPE_CHECKING:
    from longpole.store.engine import Engine

PATH = "/api/audit"
TIMEOUT_S = 300.0
"""So long is waited for the joined answer: executions are simulated for it."""

Pairs = Sequence[tuple[str, str]]


class AuditBook:
    """The findings of a store.

    Args:
        store: where they are.
        write: stores a batch durably.
    """

    def __init__(self, store: "Engine", *, write: Callable[[Batch], None]) -> None:
        self._store = store
        self._write = write

    def report(self, filters: Pairs) -> AuditReport:
        """What `GET /api/audit` answers."""
        return audit_of(self._store, filters)

    def post(self, post: AuditPost) -> AuditPosted:
        """What `POST /api/audit/findings` answers."""
        return post_findings(self._store, self._write, post, clock.now_ns())

    def change(self, fingerprint: str, change: AuditStateChange) -> AuditPosted:
        """What `POST /api/audit/findings/{fingerprint}` answers."""
        return change_state(self._store, self._write, fingerprint, change, clock.now_ns())


class HttpAuditBook:
    """The findings of the server behind a door."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    def report(self, filters: Pairs) -> AuditReport:
        """`GET /api/audit`."""
        return self._door.request("GET", PATH, filters, AuditReport, timeout_s=TIMEOUT_S)

    def post(self, post: AuditPost) -> AuditPosted:
        """`POST /api/audit/findings`."""
        return self._door.request("POST", f"{PATH}/findings", [], AuditPosted, body=msgspec.json.encode(post))

    def change(self, fingerprint: str, change: AuditStateChange) -> AuditPosted:
        """`POST /api/audit/findings/{fingerprint}`."""
        path = f"{PATH}/findings/{quote(fingerprint, safe='')}"
        return self._door.request("POST", path, [], AuditPosted, body=msgspec.json.encode(change))


@contextmanager
def open_audit_book(settings: Settings) -> Generator[AuditBook | HttpAuditBook]:
    """The findings of the server at `settings.url`, else of the one that serves the data folder, else of the store.

    Raises:
        ServerUnreachable: no server answers and there is no store.
        StoreLocked: the store is held by a process that does not answer.
    """
    door = server_or_store(settings)
    if door is not None:
        yield HttpAuditBook(door)
        return
    with packages_of_server(data_folder(settings)):
        from longpole.ingest.offline import open_offline  # noqa: PLC0415 - needs packages of the server extra
    with open_offline(settings, data_folder(settings)) as (store, pipeline):
        yield AuditBook(store, write=pipeline.write)
