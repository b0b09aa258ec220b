"""Moves everything between databases: an export of the store into a folder or an archive, and back in."""

import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from longpole.client.answers import database_file, has_store, is_file, served_address
from longpole.client.installed import packages_of_server
from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput, ServerUnreachable, StoreLocked
from longpole.settings import Settings, data_folder, shown_value

if TYPE_CHECKING:
    from longpole.store.engine import Engine

ARCHIVE = ".zip"

Begin = Callable[[Mapping[str, int]], Callable[[str, int], None]]
"""Told how many rows of which table there are; gives what is told of every part that is done."""


def export_to(settings: Settings, target: Path, *, release: str, begin: Begin) -> dict[str, int]:
    """Export the store into a folder, or into one file if the name ends in `.zip`; the rows of every table.

    Raises:
        StoreLocked: a server holds the store.
        InvalidInput: the target is there already.
    """
    if target.suffix != ARCHIVE:
        return _export(settings, target, release, begin)
    if target.exists():
        raise InvalidInput(f"{target} is there already. Expected a new file for the export. Name another one.")
    with TemporaryDirectory(prefix="longpole-export-", dir=target.absolute().parent) as folder:
        rows = _export(settings, Path(folder) / "export", release, begin)
        draft = Path(shutil.make_archive(f"{folder}/whole", "zip", Path(folder) / "export"))
        draft.replace(target)
    return rows


def import_from(settings: Settings, source: Path, *, begin: Begin) -> dict[str, int]:
    """Import an export into the store, which must be empty; the rows of every table, all verified.

    Raises:
        StoreLocked: a server holds the store.
        StoreError: the store holds something.
        InvalidInput: the source is no export, or is damaged.
    """
    if source.suffix != ARCHIVE or source.is_dir():
        return _import(settings, source, begin)
    with TemporaryDirectory(prefix="longpole-import-", dir=source.absolute().parent) as folder:
        try:
            shutil.unpack_archive(source, folder, "zip")
        except (OSError, shutil.ReadError) as error:
            raise InvalidInput(
                f"{source} cannot be read: {error}. Expected an archive that 'longpole store export' has made. "
                "Name that file, or copy it again."
            ) from None
        return _import(settings, Path(folder), begin)


def _export(settings: Settings, folder: Path, release: str, begin: Begin) -> dict[str, int]:
    with _open(settings, must_exist=True) as store:
        from longpole.store.transfer import count_rows, export_store  # noqa: PLC0415 - DuckDB of the server extra

        told = export_store(store, folder, release=release, now_ns=now_ns(), tell=begin(count_rows(store)))
    return {name: table.rows for name, table in told.tables.items()}


def _import(settings: Settings, folder: Path, begin: Begin) -> dict[str, int]:
    with _open(settings, must_exist=False) as store:
        from longpole.store.transfer import import_store, read_manifest  # noqa: PLC0415 - DuckDB of the server extra

        rows = {name: table.rows for name, table in read_manifest(folder).tables.items()}
        import_store(store, folder, tell=begin(rows))
    return rows


@contextmanager
def _open(settings: Settings, *, must_exist: bool) -> Generator["Engine"]:
    """The store that the settings name, alone: what waits in the spool of its folder is stored first."""
    with packages_of_server():
        from longpole.ingest.offline import open_offline  # noqa: PLC0415 - DuckDB and protobuf of the server extra
        from longpole.store.store import open_store  # noqa: PLC0415
    folder = data_folder(settings)
    if not is_file(settings):
        store = open_store(settings.store or "", cluster=settings.cluster or "")
        try:
            yield store
        finally:
            store.close()
        return
    _check_free(settings, folder)
    if must_exist and not has_store(settings):
        raise ServerUnreachable(
            f"There is no store at {database_file(settings)}. Expected one that a server has used. "
            "Name its folder with --data, or its address with LONGPOLE_STORE "
            f"(now {shown_value('store', settings.store) or 'not set'})."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_offline(settings, folder) as (store, pipeline):
        pipeline.drain(600.0)
        yield store


def _check_free(settings: Settings, folder: Path) -> None:
    address = served_address(settings)
    if address is not None and (folder / "server.json").exists():
        raise StoreLocked(
            f"The store in {folder} is held by the server at {address}. Expected one that nobody holds: it must not "
            "change while it is moved. Stop the server, do this, and start it again; what is sent meanwhile waits "
            "in the spools of the senders."
        )
