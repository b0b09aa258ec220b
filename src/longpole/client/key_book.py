"""The keys of a running server or of a store that nobody holds: look, make, revoke, and who changed what."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from longpole.client.answers import server_or_store
from longpole.client.installed import packages_of_server
from longpole.client.over_http import HttpDoor
from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.workspace import EVERY_WORKSPACE, AuditEntry
from longpole.reports.key_views import AuditPage, KeyItem, KeyPage, MadeKey, NewKey, WorkspacePage
from longpole.reports.keys import audit_page, key_item, key_named, list_keys, list_workspaces, make_row
from longpole.settings import Settings, data_folder

if TYPE_CHECKING:
    from longpole.store.engine import Engine

Pairs = Sequence[tuple[str, str]]


class KeyBook:
    """The keys of a store.

    Args:
        store: where they are.
        write: stores a batch durably.
        changed: told when a key was made or revoked.
        now: the time in nanoseconds since 1970.
    """

    def __init__(
        self,
        store: "Engine",
        *,
        write: Callable[[Batch], None],
        changed: Callable[[], None],
        now: Callable[[], int] = now_ns,
    ) -> None:
        self._store = store
        self._write = write
        self._changed = changed
        self._now = now

    def keys(self, workspace: str | None) -> KeyPage:
        """What `GET /api/keys` answers."""
        return list_keys(self._store, workspace, self._now())

    def create(self, new: NewKey) -> MadeKey:
        """What `POST /api/keys` answers: the key, this once. It holds from now on."""
        now = self._now()
        made = make_row(new, now)
        self._write(Batch(records=[made.row]))
        self._changed()
        return MadeKey(key=made.key, item=key_item(made.row, now))

    def revoke(self, key_id: str, workspace: str | None) -> KeyItem:
        """What `DELETE /api/keys/{key_id}` answers: the key as it is now. It and its sessions open nothing any more."""
        now = self._now()
        row = key_named(self._store, key_id, workspace)
        if row.revoked_ns is None:
            row = replace(row, revoked_ns=now)
            self._write(Batch(records=[row]))
            self._changed()
        return key_item(row, now)

    def workspaces(self, workspace: str | None) -> WorkspacePage:
        """What `GET /api/workspaces` answers."""
        return list_workspaces(self._store, workspace)

    def audit_log(self, filters: Pairs) -> AuditPage:
        """What `GET /api/audit-log` answers."""
        return audit_page(self._store, filters)


class KeptKeyBook(KeyBook):
    """The keys of a store that no server has open: what is changed goes into the audit log from here."""

    def create(self, new: NewKey) -> MadeKey:
        """As `KeyBook.create`."""
        made = super().create(new)
        self._note("key.create", made.item.key_id)
        return made

    def revoke(self, key_id: str, workspace: str | None) -> KeyItem:
        """As `KeyBook.revoke`."""
        gone = super().revoke(key_id, workspace)
        self._note("key.revoke", gone.key_id)
        return gone

    def _note(self, deed: str, subject: str) -> None:
        entry = AuditEntry(
            entry_id=uuid4().hex,
            at_ns=self._now(),
            workspace=EVERY_WORKSPACE,
            who="the command line",
            deed=deed,
            subject=subject,
            status=200,
        )
        self._write(Batch(records=[entry]))


class HttpKeyBook:
    """The keys of the server behind a door."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    def keys(self, workspace: str | None) -> KeyPage:
        """`GET /api/keys`."""
        return self._door.request("GET", "/api/keys", _scope(workspace), KeyPage)

    def create(self, new: NewKey) -> MadeKey:
        """`POST /api/keys`."""
        return self._door.request("POST", "/api/keys", [], MadeKey, body=msgspec.json.encode(new))

    def revoke(self, key_id: str, workspace: str | None) -> KeyItem:
        """`DELETE /api/keys/{key_id}`."""
        return self._door.request("DELETE", f"/api/keys/{key_id}", _scope(workspace), KeyItem)

    def workspaces(self, workspace: str | None) -> WorkspacePage:
        """`GET /api/workspaces`."""
        return self._door.request("GET", "/api/workspaces", _scope(workspace), WorkspacePage)

    def audit_log(self, filters: Pairs) -> AuditPage:
        """`GET /api/audit-log`."""
        return self._door.request("GET", "/api/audit-log", filters, AuditPage)


def _scope(workspace: str | None) -> list[tuple[str, str]]:
    return [] if workspace is None else [("workspace", workspace)]


@contextmanager
def open_key_book(settings: Settings, *, makes_store: bool = False) -> Generator[KeyBook | HttpKeyBook]:
    """The keys of the server at `settings.url`, else of the one that serves the data folder, else of the store.

    With `makes_store` the store is made if there is none yet: the first key comes before the first start of a server on
    a public address.

    Raises:
        ServerUnreachable: no server answers and there is no store.
        StoreLocked: the store is held by a process that does not answer.
    """
    door = server_or_store(settings, is_store_needed=not makes_store)
    if door is not None:
        yield HttpKeyBook(door)
        return
    with packages_of_server(data_folder(settings)):
        from longpole.client.kept_keys import open_kept_keys  # noqa: PLC0415 - needs packages of the server extra
    with open_kept_keys(settings) as book:
        yield book
