"""The answers that every door shows, from a running server or from a store that nobody holds."""

from pathlib import Path

from longpole.client.in_process import StoreDoor
from longpole.client.over_http import HttpDoor
from longpole.model.errors import LongpoleError, ServerUnreachable
from longpole.reports.export.exported_file import ExportedFile
from longpole.reports.filter_values import Pairs
from longpole.reports.question import Question, QuestionOfOne, View
from longpole.reports.views import Coverage, ExecutionPage, ExecutionTree, Overview, ProcessPage, StepDetail
from longpole.settings import Settings, data_folder
from longpole.ship.find import note_of, noted_server
from longpole.ship.trust import trust_of

DATABASE = "longpole.duckdb"


class Answers:
    """The questions of the REST interface, through one of two doors. Close it, or use it in a `with`.

    Every question raises `InvalidInput` for a filter or id that cannot be read, `NotFound` for what does not exist,
    and over HTTP `ServerUnreachable` when the server does not answer.
    """

    def __init__(self, door: HttpDoor | StoreDoor) -> None:
        self._door = door

    def executions(self, filters: Pairs = ()) -> ExecutionPage:
        """A page of executions; the filters are those of `GET /api/executions`."""
        return self._door.executions(list(filters))

    def execution(self, name: str, *, workspace: str | None = None) -> ExecutionTree:
        """One execution with everything below it; `name` is an id, a unique part of it, or a trace id."""
        return self._door.execution(name, workspace)

    def step(self, execution: str, step_id: str, *, workspace: str | None = None) -> StepDetail:
        """One step with its bodies."""
        return self._door.step(execution, step_id, workspace)

    def coverage(self, execution: str, filters: Pairs = ()) -> Coverage:
        """What of one execution's time no step explains; `filters` are those of `GET /api/executions/{id}/coverage`."""
        return self._door.coverage(execution, list(filters))

    def overview(self, filters: Pairs = ()) -> Overview:
        """Totals, agents and categories; the filters are those of `GET /api/overview`."""
        return self._door.overview(list(filters))

    def processes(self, filters: Pairs = ()) -> ProcessPage:
        """The processes that gave a sign of life; the filters are those of `GET /api/processes`."""
        return self._door.processes(list(filters))

    def ask(self, question: Question[View], filters: Pairs = ()) -> View:
        """The answer to a question about many executions; the filters are those of its REST address."""
        return self._door.ask(question, list(filters))

    def ask_about(
        self, execution: str, question: QuestionOfOne[View], filters: Pairs = (), *, workspace: str | None = None
    ) -> View:
        """The answer to a question about the execution that an id, a unique part of it, or a trace id names."""
        scope = () if workspace is None else (("workspace", workspace),)
        return self._door.ask_about(execution, question, [*scope, *filters])

    def executions_file(self, filters: Pairs) -> ExportedFile:
        """The executions that match as a file; the filters are those of `GET /api/export/executions`."""
        return self._door.executions_file(list(filters))

    def execution_file(self, execution: str, filters: Pairs) -> ExportedFile:
        """One execution as a file; the filters are those of `GET /api/executions/{id}/export`."""
        return self._door.execution_file(execution, list(filters))

    def troubles(self) -> list[str]:
        """What the server says of itself that is not as it should be, a sentence each; nothing without a server."""
        if isinstance(self._door, StoreDoor):
            return []
        try:
            health = self._door.health()
        except LongpoleError:  # the question itself will tell what is wrong
            return []
        parts = (
            ("The store takes no writes", health.store_trouble),
            ("The spool cannot be written", health.spool_trouble),
            ("Other servers are not heard live", health.live_trouble),
        )
        return [f"{what} since {at.since[:19].replace('T', ' ')} UTC: {at.reason}" for what, at in parts if at]

    def close(self) -> None:
        """Let go of the store, if this holds one."""
        self._door.close()

    def __enter__(self) -> "Answers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def find_answers(settings: Settings) -> Answers:
    """Answers through the door that `find_door` finds."""
    return Answers(find_door(settings))


def find_door(settings: Settings) -> HttpDoor | StoreDoor:
    """The server at `settings.url`; without one the server of the data folder, else its store.

    The store is `settings.store`, else the database file of the folder. Opening a file takes its lock until `close()`:
    no server can start on it meanwhile.

    Raises:
        ServerUnreachable: no server answers and there is no store.
        StoreLocked: the store is held by a process that does not answer.
    """
    return server_or_store(settings) or StoreDoor.open(settings.store or database_file(settings))


def server_or_store(settings: Settings, *, is_store_needed: bool = True) -> HttpDoor | None:
    """The server of `found_server`; nothing if there is none and the store is to be opened here.

    Args:
        settings: where to look.
        is_store_needed: whether the store must be there already.

    Raises:
        ServerUnreachable: no server answers and there is no store.
    """
    door = found_server(settings)
    if door is None and is_store_needed and not has_store(settings):
        raise ServerUnreachable(
            f"No Longpole server answers at {default_address(settings)}, and {data_folder(settings)} holds no store. "
            "Expected a running server or a data folder that one has used. "
            "Start 'longpole serve', or name a server with --url or LONGPOLE_URL."
        )
    return door


def found_server(settings: Settings) -> HttpDoor | None:
    """The server at `settings.url`, whether it answers or not; else the one that serves the data folder or answers at
    the default address, else nothing."""
    address = settings.url or served_address(settings)
    return None if address is None else door_to(address, settings)


def door_to(address: str, settings: Settings) -> HttpDoor:
    """The server at an address, which is shown `settings.api_key`, else the key that it has left in the data folder."""
    note = note_of(data_folder(settings), address)
    trust = trust_of(address, settings.certificate_authorities, note and note.certificate)
    return HttpDoor(address, settings.api_key or (note and note.key), trust)


def key_for(address: str, settings: Settings) -> str | None:
    """The key that other programs show to a server: `settings.api_key`, else the one that it has left in the data
    folder, if it asks for any."""
    note = note_of(data_folder(settings), address)
    if settings.api_key is not None or note is None or note.key is None:
        return settings.api_key
    trust = trust_of(address, settings.certificate_authorities, note.certificate)
    return note.key if HttpDoor(address, None, trust).asks_for_key() else None


def has_store(settings: Settings) -> bool:
    """Whether the settings name a store that is there without a server: an address, or a file that exists."""
    return not is_file(settings) or database_file(settings).exists()


def is_file(settings: Settings) -> bool:
    """Whether the store is a file, rather than a database that other servers may use as well."""
    return settings.store is None or "://" not in settings.store


def database_file(settings: Settings) -> Path:
    """The file of a store that is one."""
    return data_folder(settings) / DATABASE if settings.store is None else Path(settings.store).absolute()


def served_address(settings: Settings) -> str | None:
    """The address of the server that now serves the data folder, else of one at the default address, else nothing."""
    note = noted_server(data_folder(settings))
    for address in (note and note.url, default_address(settings)):
        if address is not None and door_to(address, settings).is_open():
            return address
    return None


def default_address(settings: Settings) -> str:
    """Where a server listens that was started with these settings."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"
