"""Programs that use other libraries, run as processes of their own, and what a server then shows of them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from longpole.settings import child_environment
from running_server import RunningServer, wait_until

LONGPOLE = Path(sys.executable).with_name("longpole")
OPEN = {"pending", "running", "llm_request", "llm_response"}


def run_program(
    source: str, folder: Path, *arguments: str, server: str, prefix: tuple[str, ...] = (), **more: str
) -> str:
    """Runs a program to its end and gives what it printed; contents are kept in full.

    Args:
        source: the program.
        folder: where it runs, and where its spool is.
        arguments: of the program.
        server: address it sends to.
        prefix: what stands before `python` in the command, such as `longpole run --`.
        more: environment variables.
    """
    program = folder / "program.py"
    program.write_text(source)
    settings = {"LONGPOLE_ENDPOINT": server, "LONGPOLE_DATA_FOLDER": str(folder / "data"), "LONGPOLE_CONTENT": "full"}
    done = subprocess.run(
        [*prefix, sys.executable, str(program), *arguments],
        cwd=folder,
        env=child_environment(settings | more),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class ShownTree:
    """An execution as the server shows it: every node with its name, category and place."""

    def __init__(self, server: RunningServer, found: dict[str, Any]) -> None:
        self._server = server
        self.execution = found["execution"]
        executions = [{**one, "step_id": one["span_id"], "name": one["agent"]} for one in found["executions"]]
        self.nodes: list[dict[str, Any]] = [*executions, *found["steps"]]
        self._by_id = {node["step_id"]: node for node in self.nodes}

    def above(self, node: dict[str, Any]) -> list[dict[str, Any]]:
        """The nodes that a node stands below, the nearest first."""
        found = self._by_id.get(node.get("parent_step_id") or "")
        return [found, *self.above(found)] if found else []

    def path(self, node: dict[str, Any]) -> str:
        """The names from the top to the node, joined by ` > `."""
        return " > ".join(one["name"] for one in [*reversed(self.above(node)), node])

    def paths(self) -> list[str]:
        """The paths of all nodes, in order, but for waits for a thread: whether there was one is chance."""
        return sorted(self.path(node) for node in self.nodes if node.get("category") != "queue")

    def all(self, name: str) -> list[dict[str, Any]]:
        """All nodes of a name, by start."""
        return sorted((node for node in self.nodes if node["name"] == name), key=lambda node: node["offset_ns"])

    def one(self, name: str) -> dict[str, Any]:
        """The only node of a name."""
        (node,) = self.all(name)
        return node

    def detail(self, node: dict[str, Any]) -> dict[str, Any]:
        """Everything about a node, its bodies included."""
        owner, step = self.execution["execution_id"], node["step_id"]
        return self._server.get(f"/api/executions/{owner}/steps/{step}").json()


def shown(server: RunningServer, agent: str, nodes: int) -> ShownTree:
    """The newest execution of an agent, as soon as it has ended and so many nodes are there."""

    def look() -> ShownTree | None:
        items = server.get("/api/executions", params={"agent": agent, "parent": "none"}).json()["items"]
        if not items or items[0]["status"] in OPEN:
            return None
        tree = ShownTree(server, server.get(f"/api/executions/{items[0]['execution_id']}").json())
        return tree if len(tree.nodes) >= nodes else None

    return wait_until(look, f"{nodes} nodes of {agent}: {_now(server, agent)}")


def _now(server: RunningServer, agent: str) -> Any:
    return [
        ShownTree(server, server.get(f"/api/executions/{item['execution_id']}").json()).paths()
        for item in server.get("/api/executions").json()["items"]
        if item["agent"] == agent
    ]
