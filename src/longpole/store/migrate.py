"""Brings a database's schema to this version: numbered SQL files, each applied once, all in one transaction."""

import re
from importlib import resources

from msgspec import Struct

from longpole.model.errors import StoreError, StoreTooNew

_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class Migration(Struct, frozen=True):
    """One step of the schema; `number` counts from 1 without gaps."""

    number: int
    name: str
    text: str


def migrations_of(engine: str) -> list[Migration]:
    """The migrations in `store/migrations/<engine>`, in order of their numbers."""
    folder = resources.files("longpole.store").joinpath("migrations", engine)
    found = [
        Migration(int(match[1]), file.name, file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if (match := _FILE.fullmatch(file.name))
    ]
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise StoreError(
            f"The migrations of {engine} are {[migration.name for migration in found]}. "
            "Expected numbers from 0001 without gaps. Install Longpole again."
        )
    return found


def missing_migrations(migrations: list[Migration], version: int) -> list[Migration]:
    """The migrations that a database of this version still lacks; version 0 is an empty database.

    Raises:
        StoreTooNew: the database is of a later version than the last migration.
    """
    newest = len(migrations)
    if version > newest:
        raise StoreTooNew(
            f"The database has schema version {version}. This Longpole knows versions up to {newest}. "
            "Use the Longpole that made it or a newer one, or another data folder."
        )
    return migrations[version:]
