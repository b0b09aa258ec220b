"""Looks after the store of a running server, or of a data folder that nobody serves: its state, deletions."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from longpole.client.answers import is_file, server_or_store
from longpole.client.installed import packages_of_server
from longpole.client.over_http import HttpDoor
from longpole.reports.filters import DeletionFilters, read_deletion
from longpole.reports.store_state import store_state
from longpole.reports.store_views import Deletion, StoreState
from longpole.reports.which_execution import find_execution
from longpole.settings import Settings, data_folder
from longpole.store.removal import Amount, Meant, count_meant

if TYPE_CHECKING:
    from longpole.store.engine import Engine

DELETE_TIMEOUT_S = 3600.0
"""So long is waited for a deletion: it may copy the whole database."""

Pairs = Sequence[tuple[str, str]]


class StoreCare:
    """The care of an open store.

    Args:
        store: it.
        state: what it holds, and what is known beside that.
        delete: deletes what is meant from everywhere, and gives how much that was.
    """

    def __init__(self, store: "Engine", *, state: Callable[[], StoreState], delete: Callable[[Meant], Amount]) -> None:
        self._store = store
        self._state = state
        self._delete = delete

    def state(self) -> StoreState:
        """What `GET /api/store` answers."""
        return self._state()

    def delete(self, filters: Pairs) -> Deletion:
        """What `DELETE /api/executions` answers."""
        asked = read_deletion(filters)
        meant = Meant(workspace=asked.workspace, session=asked.session, user=asked.user, before_ns=asked.before_ns)
        return self._deleted(meant, asked)

    def delete_one(self, execution: str, filters: Pairs) -> Deletion:
        """What `DELETE /api/executions/{id}` answers: the whole tree that it belongs to goes."""
        asked = read_deletion(filters, is_of_one=True)
        found = find_execution(self._store, execution, workspace=asked.workspace)
        return self._deleted(Meant(workspace=found.workspace, root_execution_id=found.root_execution_id), asked)

    def forget(self, meant: Meant) -> Amount:
        """Delete what is meant from everywhere; how much that was."""
        return self._delete(meant)

    def _deleted(self, meant: Meant, asked: DeletionFilters) -> Deletion:
        amount = count_meant(self._store, meant) if asked.is_dry_run else self._delete(meant)
        return Deletion(
            is_done=not asked.is_dry_run,
            executions=amount.executions,
            running=amount.running,
            steps=amount.steps,
            events=amount.events,
            bodies=amount.bodies,
            scores=amount.scores,
            dead_letters=amount.dead_letters,
        )


class HttpStoreCare:
    """The care of the store of the server behind a door."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    def state(self) -> StoreState:
        """`GET /api/store`."""
        return self._door.request("GET", "/api/store", [], StoreState)

    def delete(self, filters: Pairs) -> Deletion:
        """`DELETE /api/executions`."""
        return self._door.request("DELETE", "/api/executions", filters, Deletion, timeout_s=DELETE_TIMEOUT_S)

    def delete_one(self, execution: str, filters: Pairs) -> Deletion:
        """`DELETE /api/executions/{id}`."""
        path = f"/api/executions/{quote(execution, safe='')}"
        return self._door.request("DELETE", path, filters, Deletion, timeout_s=DELETE_TIMEOUT_S)


@contextmanager
def open_store_care(settings: Settings) -> Generator[StoreCare | HttpStoreCare]:
    """The care of the store of the server at `settings.url`, else of the one that serves the data folder, else of the
    store that `settings.store` names, else of the database file of the folder.

    Raises:
        ServerUnreachable: no server answers and there is no store.
        StoreLocked: the store is held by a process that does not answer.
    """
    door = server_or_store(settings)
    if door is not None:
        yield HttpStoreCare(door)
        return
    with _offline(settings) if is_file(settings) else _beside_servers(settings) as care:
        yield care


@contextmanager
def _beside_servers(settings: Settings) -> Generator[StoreCare]:
    """A database that servers with other data folders may use: only who deletes takes hold of the folder."""
    with packages_of_server():
        from longpole.store.store import open_store  # noqa: PLC0415 - the databases' packages are extras

    def delete(meant: Meant) -> Amount:
        with _offline(settings) as care:
            return care.forget(meant)

    store = open_store(settings.store or "", cluster=settings.cluster or "")
    try:
        yield StoreCare(store, state=lambda: store_state(store, limit_bytes=settings.store_limit_bytes), delete=delete)
    finally:
        store.close()


@contextmanager
def _offline(settings: Settings) -> Generator[StoreCare]:
    """The store of a data folder that no server holds, with a pipeline that takes in what waits in its spool."""
    folder = data_folder(settings)
    with packages_of_server(folder):
        from longpole.ingest.deletion import delete_meant  # noqa: PLC0415 - protobuf comes with longpole[server] only
        from longpole.ingest.offline import open_offline  # noqa: PLC0415
    width_ns = settings.rollup_interval_minutes * 60 * 10**9
    with open_offline(settings, folder) as (store, pipeline):
        yield StoreCare(
            store,
            state=lambda: store_state(store, limit_bytes=settings.store_limit_bytes),
            delete=lambda meant: delete_meant(store, pipeline, meant, width_ns=width_ns),
        )
