"""The data folder, the room on its disk, the schema of its store, and what the SDK's spool holds."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from longpole.client.answers import database_file, is_file, served_address
from longpole.client.installed import packages_of_server
from longpole.client.one_check import Check, failure, fine
from longpole.model.clock import now_ns
from longpole.model.errors import LongpoleError
from longpole.reports.numbers import bytes_text, counted, duration_text
from longpole.settings import Settings, data_folder, spool_folder
from longpole.ship.spool import SpooledAmount, amount_in

LITTLE_BYTES, SCARCE_BYTES = 5_000_000_000, 500_000_000
"""Room on the disk: with less than the former it is time to look, with less than the latter writes will fail."""

OLD_NS = 60 * 10**9
"""What has waited in the spool for longer while a server answers is not being sent."""

_FULL_SHARE = 0.8


def data_checks(settings: Settings) -> Iterator[Check]:
    """Folder, disk, store, spool."""
    folder = data_folder(settings)
    yield _folder(folder)
    yield _disk(folder)
    address = served_address(settings)
    if address is None and is_file(settings):
        yield _store(database_file(settings))
    yield from _spools(settings, is_served=address is not None)


def _folder(folder: Path) -> Check:
    if not folder.exists():
        return fine("data", "folder", f"{folder}, which is made when it is first needed")
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return Check(
            part="data",
            name="folder",
            level="failed",
            text=f"{folder} cannot be written to.",
            cure="Give it to this user, or name another by LONGPOLE_DATA_FOLDER.",
        )
    return fine("data", "folder", str(folder))


def _disk(folder: Path) -> Check:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    text = f"{bytes_text(free)} free"
    if free >= LITTLE_BYTES:
        return fine("data", "disk", text)
    return Check(
        part="data",
        name="disk",
        level="failed" if free < SCARCE_BYTES else "warning",
        text=f"Only {text} where {folder} is.",
        cure="Make room, keep less (LONGPOLE_RETENTION_DAYS, LONGPOLE_STORE_LIMIT_BYTES), or use another disk.",
    )


def _store(file: Path) -> Check:
    if not file.exists():
        return fine("data", "store", f"none yet at {file}")
    try:
        with packages_of_server():
            from longpole.store.engines.duckdb_version import schema_versions  # noqa: PLC0415 - DuckDB is an extra
        found, newest = schema_versions(file)
    except LongpoleError as error:
        return failure("data", "store", error)
    if found is None:
        return Check(
            part="data",
            name="store",
            level="failed",
            text=f"{file} is a database of another program.",
            cure="Name another file or data folder.",
        )
    size = bytes_text(file.stat().st_size)
    if found > newest:
        return Check(
            part="data",
            name="store",
            level="failed",
            text=f"{file} has schema version {found}, and this Longpole knows versions up to {newest}.",
            cure="Use the Longpole that made it or a newer one.",
        )
    later = "" if found == newest else f", which 'longpole serve' brings to {newest}"
    return fine("data", "store", f"{file}, {size}, schema version {found}{later}")


def _spools(settings: Settings, *, is_served: bool) -> Iterator[Check]:
    files = sorted(spool_folder(settings).glob("*.sqlite"))
    found = [check for file in files if (check := _spool(file, settings.spool_limit_bytes, is_served=is_served))]
    yield from found
    if not found:
        yield fine("data", "spool", "nothing waits to be sent")


def _spool(file: Path, limit_bytes: int, *, is_served: bool) -> Check | None:
    try:
        amount = amount_in(file)
    except sqlite3.Error as error:
        return Check(
            part="data",
            name="spool",
            level="failed",
            text=f"{file} cannot be read: {error}.",
            cure="Move it away; the SDK makes a new one. What it held is lost unless SQLite can recover it.",
        )
    return _waiting(file, amount, limit_bytes, is_served=is_served) if amount.bodies else None


def _waiting(file: Path, amount: SpooledAmount, limit_bytes: int, *, is_served: bool) -> Check:
    age_ns = now_ns() - (amount.oldest_ns or now_ns())
    text = (
        f"{counted(amount.items, 'span or record', 'spans and records')} ({bytes_text(amount.size_bytes)}) wait in "
        f"{file.name} to be sent, the oldest for {duration_text(age_ns)}."
    )
    if amount.size_bytes > limit_bytes * _FULL_SHARE:
        cure = "Start the server that they are for, or raise LONGPOLE_SPOOL_LIMIT_BYTES: soon the oldest are dropped."
        return Check(part="data", name="spool", level="failed", text=text, cure=cure)
    if age_ns < OLD_NS:
        return fine("data", "spool", text)
    cure = (
        "They are for another server, or need another key: let a program run that sends there."
        if is_served
        else "Start 'longpole serve': it takes in what is for this machine."
    )
    return Check(part="data", name="spool", level="warning", text=text, cure=cure)
