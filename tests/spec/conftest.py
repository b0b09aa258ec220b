"""A real server for each file, and this process recording into it, each test into a workspace of its own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import longpole
from longpole.cli.commands import run_commands
from longpole.record.current import current
from running_server import RunningServer, wait_until


class Recorded:
    """What the server shows of what this process records."""

    def __init__(self, server: RunningServer, workspace: str, spool: Path) -> None:
        self._server = server
        self._spool = spool
        self.endpoint = server.url
        self.workspace = workspace

    def configure(self) -> None:
        """Switches recording on."""
        longpole.configure(endpoint=self.endpoint, spool=self._spool, content="full", workspace=self.workspace)

    def of(self, workspace: str) -> "Recorded":
        """What the server shows of another workspace."""
        return Recorded(self._server, workspace, self._spool)

    def executions(self) -> list[dict[str, Any]]:
        """All executions, as the list shows them."""
        return self._get("/api/executions")["items"]

    def settled(self, agent: str) -> dict[str, Any]:
        """The tree of the one execution of an agent, once everything about it is known."""
        assert longpole.flush(10)
        found: list[dict[str, Any]] = wait_until(
            lambda: [item for item in self.executions() if item["agent"] == agent and item["is_settled"]],
            f"the execution of {agent}",
        )
        assert len(found) == 1
        return self.tree(found[0]["execution_id"])

    def all_settled(self, count: int) -> list[dict[str, Any]]:
        """All executions, once there are so many and everything about them is known."""
        assert longpole.flush(10)
        return wait_until(lambda: self._settled(count), f"{count} executions, there are {self.executions()}")

    def _settled(self, count: int) -> list[dict[str, Any]] | None:
        found = [item for item in self.executions() if item["is_settled"]]
        return found if len(found) == count else None

    def tree(self, execution_id: str) -> dict[str, Any]:
        """An execution with everything below it."""
        return self._get(f"/api/executions/{execution_id}")

    def findings(self, execution_id: str) -> list[dict[str, Any]]:
        """What is said to do about an execution."""
        return self._get(f"/api/executions/{execution_id}/findings")["findings"]

    def body(self, execution_id: str, span_id: str) -> dict[str, Any]:
        """Everything that is known about one step, or about an execution's own span."""
        return self._get(f"/api/executions/{execution_id}/steps/{span_id}")

    def ask(self, question: str, **filters: object) -> dict[str, Any]:
        """What REST answers to a question about many executions."""
        asked = {name: str(value) for name, value in filters.items()} | {"workspace": self.workspace}
        return self._server.get(f"/api/analysis/{question}", params=asked).json()

    def printed(self, *command: str) -> str:
        """What the command line prints, asking the same server."""
        before, sys.argv = sys.argv, ["longpole", *command, "--url", self.endpoint, "--workspace", self.workspace]
        try:
            with redirect_stdout(StringIO()) as printed, suppress(SystemExit):
                run_commands()
        finally:
            sys.argv = before
        return printed.getvalue()

    def _get(self, path: str) -> dict[str, Any]:
        return self._server.get(path, params={"workspace": self.workspace}).json()


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path_factory.mktemp("spec") / "longpole")
    server.folder.mkdir()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def recorded(_server: RunningServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Recorded]:
    """Recording is on."""
    recorded = Recorded(_server, request.node.name, tmp_path / "spool")
    recorded.configure()
    yield recorded
    longpole.shutdown()
    current.set(None)


@pytest.fixture
def wait() -> Callable[..., Any]:
    """Waits for a condition, with a deadline."""
    return wait_until
