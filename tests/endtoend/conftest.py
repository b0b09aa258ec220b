"""Servers for end-to-end tests: one of a test's own, or one for a whole file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from running_server import RunningServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server of this test alone."""
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that all tests of a file share."""
    running = RunningServer(tmp_path_factory.mktemp("shared") / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()
