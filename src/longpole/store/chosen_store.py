"""The store that the settings choose: a file in the data folder, or a database that several servers may share."""

from pathlib import Path
from uuid import uuid4

from longpole.settings import Settings
from longpole.store.engine import Engine
from longpole.store.store import open_store

DATABASE_FILE = "longpole.duckdb"
SERVER_FILE = "server-id"


def open_chosen_store(settings: Settings, folder: Path) -> Engine:
    """The store of a server with this data folder, its schema brought to this version; the caller closes it.

    Raises:
        StoreError: it cannot be opened; `open_store` says when.
        MissingPackage: what speaks to this kind of database is not installed.
    """
    if not settings.persistence_enabled:
        return open_store(":memory:", memory_bytes=settings.store_memory_bytes)
    return open_kept_store(settings, folder)


def open_kept_store(settings: Settings, folder: Path) -> Engine:
    """As `open_chosen_store`, also where the settings say that a server is to keep nothing."""
    return open_store(
        folder / DATABASE_FILE if settings.store is None else settings.store,
        server="" if settings.store is None else server_id(folder),
        cluster=settings.cluster or "",
        survives_power_loss=settings.durability == "power",
        memory_bytes=settings.store_memory_bytes,
    )


def server_id(folder: Path) -> str:
    """The id of the server that has this data folder, made at its first start. Its spool is in the folder too."""
    file = folder / SERVER_FILE
    if not file.exists():
        draft = file.with_suffix(".draft")
        draft.write_text(uuid4().hex, encoding="ascii")
        draft.replace(file)
    return file.read_text(encoding="ascii").strip()
