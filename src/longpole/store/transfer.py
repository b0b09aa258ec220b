"""Moves everything from one database to another: out into Parquet files with a manifest, and in again, verified.

A table is read in ranges of receipt, so that memory stays bounded, and each range is one file. The manifest has for
every table its columns, its number of rows and a checksum: the sum of a hash of each row, so that neither the order of
rows nor the database matters. What an import has stored is read again and must give the same sum.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from longpole.model.batch import Batch
from longpole.model.clock import to_rfc3339
from longpole.model.errors import InvalidInput, StoreError
from longpole.store.engine import Engine
from longpole.store.parquet import ParquetFiles, parquet_files
from longpole.store.tables import AGES, RECORD_TABLES, TABLES

FORMAT = 1
MANIFEST = "manifest.json"
ROWS_AT_ONCE = 50_000
_LARGEST = 2**63 - 1
_WORDS = 2**64
_LEFT_OUT = frozenset({"ingest_ledger", "leases"})  # a server's own notes, which mean nothing to another one

Tell = Callable[[str, int], None]
"""Told of every part that is done: the table, and how many more of its rows."""


class TableManifest(Struct, kw_only=True):
    """One table of an export."""

    columns: list[str]
    rows: int = 0
    checksum: str = "0"
    files: list[str] = []


class Manifest(Struct, kw_only=True):
    """What an export holds. `format` grows when an older Longpole could not read it any more."""

    format: int
    longpole: str
    exported_at: str
    tables: dict[str, TableManifest]


def row_types() -> dict[str, type[Struct]]:
    """Every table that moves, bodies before the steps that they belong to."""
    types = {**TABLES, **RECORD_TABLES}
    names = ["bodies", *(name for name in types if name != "bodies" and name not in _LEFT_OUT)]
    return {name: types[name] for name in names}


def count_rows(store: Engine) -> dict[str, int]:
    """How many rows every table has that moves."""
    return {name: sum(size for _, _, size in _ranges(store, name)) for name in row_types()}


def export_store(store: Engine, folder: Path, *, release: str, now_ns: int, tell: Tell) -> Manifest:
    """Write everything into a new or empty folder; nothing may be written to the store meanwhile.

    Args:
        store: what is exported.
        folder: where to.
        release: the version of Longpole, for the manifest.
        now_ns: the time.
        tell: told of the progress.

    Raises:
        InvalidInput: the folder holds something.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InvalidInput(
            f"{folder} is not empty. Expected a new or empty folder for the export. Name another one, or empty it."
        )
    manifest = Manifest(format=FORMAT, longpole=release, exported_at=to_rfc3339(now_ns), tables={})
    with parquet_files() as files:
        for name, row_type in row_types().items():
            manifest.tables[name] = _export_table(store, files, folder, name, row_type, tell)
    # Last: a folder without it is no export.
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export.

    Raises:
        InvalidInput: there is none, or a newer Longpole made it.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        form = msgspec.json.decode(content, type=dict[str, Any]).get("format")
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidInput(
            f"{folder} is no export: {error}. Expected a folder with a {MANIFEST}, made by 'longpole store export'. "
            "Name that folder; if the export was cut off, export again."
        ) from None
    if form != FORMAT:
        raise InvalidInput(
            f"{folder} has the format {form}. This Longpole knows format {FORMAT}. Import it with the Longpole that "
            "exported it, or a newer one."
        )
    return msgspec.json.decode(content, type=Manifest)


def import_store(store: Engine, folder: Path, *, tell: Tell) -> Manifest:
    """Take everything of an export into an empty store, then read it again and compare counts and checksums.

    Raises:
        InvalidInput: the folder is no export, or a file of it is not what the manifest says.
        StoreError: the store is not empty, or holds something else than was imported.
    """
    manifest = read_manifest(folder)
    held = {name: count for name, count in count_rows(store).items() if count}
    if held:
        raise StoreError(
            f"The store holds {', '.join(f'{count} {name}' for name, count in held.items())}. Expected an empty one: "
            "an import never mixes with what is there. Import into another database or data folder; if an import into "
            "this one was cut off, delete it first."
        )
    with parquet_files() as files:
        for name, told in manifest.tables.items():
            _import_table(store, files, folder, name, told, tell)
    for name, told in manifest.tables.items():
        found = Sum(told.columns)
        for rows in _pages(store, name):
            found.add(rows)
        if (found.rows, found.text) != (told.rows, told.checksum):
            raise StoreError(
                f"The table {name} holds {found.rows} rows with the checksum {found.text} after the import. Expected "
                f"{told.rows} rows with {told.checksum}. Do not use this store: see whether something else writes to "
                "it, and import again into an empty one."
            )
    return manifest


class Sum:
    """The number of rows and their checksum over some columns, whatever their order."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.rows = 0
        self._columns = tuple(columns)
        self._sum = 0

    @property
    def text(self) -> str:
        """The checksum as hexadecimal text."""
        return f"{self._sum:016x}"

    def add(self, rows: Iterable[Struct]) -> None:
        """Take some rows in. Costs 9 us a row of 50 columns."""
        for row in rows:
            packed = msgspec.msgpack.encode([getattr(row, name) for name in self._columns])
            self._sum = (self._sum + int.from_bytes(blake2b(packed, digest_size=8).digest(), "big")) % _WORDS
            self.rows += 1


def _export_table(
    store: Engine, files: ParquetFiles, folder: Path, name: str, row_type: type[Struct], tell: Tell
) -> TableManifest:
    told = TableManifest(columns=list(row_type.__struct_fields__))
    found = Sum(told.columns)
    for number, rows in enumerate(_pages(store, name), 1):
        file = f"{name}-{number:05d}.parquet"
        files.write(folder / file, row_type, rows)
        told.files = [*told.files, file]
        found.add(rows)
        tell(name, len(rows))
    told.rows, told.checksum = found.rows, found.text
    return told


def _import_table(store: Engine, files: ParquetFiles, folder: Path, name: str, told: TableManifest, tell: Tell) -> None:
    row_type = row_types().get(name)
    if row_type is None:
        raise InvalidInput(
            f"{folder} has a table {name}. Expected only {', '.join(row_types())}. Import it with the Longpole that "
            "exported it, or a newer one."
        )
    found = Sum(told.columns)
    for file in told.files:
        for rows in files.read(folder / Path(file).name, row_type):
            found.add(rows)
            store.write(_batch_of(name, rows))
            tell(name, len(rows))
    if (found.rows, found.text) != (told.rows, told.checksum):
        raise InvalidInput(
            f"The files of {name} in {folder} hold {found.rows} rows with the checksum {found.text}. Expected "
            f"{told.rows} rows with {told.checksum}. A file was changed or lost on the way: copy the "
            "export again, delete what was imported, and import again."
        )


def _batch_of(name: str, rows: Sequence[Struct]) -> Batch:
    batch = Batch()
    (getattr(batch, name) if name in TABLES else batch.records).extend(rows)
    return batch


def _pages(store: Engine, name: str) -> Iterator[list[Struct]]:
    """The rows of a table, at most about `ROWS_AT_ONCE` at a time."""
    row_type = {**TABLES, **RECORD_TABLES}[name]
    for from_ns, to_ns, size in _ranges(store, name):
        if size:
            query, asked = _page_query(name, from_ns, to_ns)
            yield [msgspec.convert(row, row_type) for row in store.rows(query, asked)]


def _page_query(name: str, from_ns: int, to_ns: int) -> tuple[str, dict[str, int]]:
    if name in AGES:
        return f"page_of_{name}", {"from_ns": from_ns, "to_ns": to_ns}
    return f"every_{name}", {}


def _ranges(store: Engine, name: str) -> Iterator[tuple[int, int, int]]:
    """Ranges of receipt that hold at most so many rows each, unless all came in one nanosecond."""
    if name not in AGES:
        yield 0, _LARGEST, len(store.rows(f"every_{name}"))
        return
    waiting = [(0, _LARGEST)]
    while waiting:
        from_ns, to_ns = waiting.pop()
        size = store.rows(f"size_of_{name}", {"from_ns": from_ns, "to_ns": to_ns})[0]["row_count"]
        if size > ROWS_AT_ONCE and to_ns - from_ns > 1:
            middle_ns = (from_ns + to_ns) // 2
            waiting += [(middle_ns, to_ns), (from_ns, middle_ns)]
        elif size:
            yield from_ns, to_ns, size
