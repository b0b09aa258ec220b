"""Every test in this folder runs on every engine. A new engine is one more entry in `ENGINES`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from longpole.store.engine import Engine
from longpole.store.store import open_store


def _duckdb_file(folder: Path) -> str:
    return str(folder / "longpole.duckdb")


def _duckdb_memory(_folder: Path) -> str:
    return ":memory:"


ENGINES: dict[str, Callable[[Path], str]] = {"duckdb-file": _duckdb_file, "duckdb-memory": _duckdb_memory}
"""The address of an empty store of each kind, given a folder that it may use."""


@pytest.fixture(params=sorted(ENGINES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An open, empty store of each kind."""
    engine = open_store(ENGINES[request.param](tmp_path))
    yield engine
    engine.close()
