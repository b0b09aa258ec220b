"""Examples of frameworks, each run by its own Python against a counting provider, and what a server shows of them."""

import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from socket import create_connection
from typing import Any, NamedTuple

import httpx

from database_servers import free_port, redis_server
from house.checkout import ROOT
from library_programs import OPEN, ShownTree
from longpole.settings import child_environment
from model_provider import ModelProvider
from running_server import RunningServer, wait_until

EXAMPLES = ROOT / "examples" / "frameworks"
NOWHERE = "http://127.0.0.1:9"  # what wants to leave the machine fails at once


class Seen(NamedTuple):
    """What is shown of a run, or should be: names with their status where it is not success, and how many there are.

    `tokens` are input and output; `waits` the pauses that a provider asked for; `open` what has not ended.
    """

    executions: dict[str, int]
    models: dict[str, int]
    tools: dict[str, int]
    model_calls: int
    tokens: tuple[int, int]
    waits: int
    open: int


class Run(NamedTuple):
    """A run of an example: its executions at the top as trees, what the program printed, what the provider served."""

    trees: list[ShownTree]
    printed: str
    provider: ModelProvider

    @property
    def seen(self) -> Seen:
        """What is shown of it."""
        nodes = [node for tree in self.trees for node in tree.nodes]
        tops = [tree.execution for tree in self.trees]
        tools = [node for node in nodes if node.get("category") == "tool"]
        return Seen(
            executions=_counted(_marked(node, "agent") for node in nodes if "category" not in node),
            models=_counted(node["model"] for node in _leaf_calls(self.trees)),
            tools=_counted(_marked(node, "tool") for node in tools),
            model_calls=sum(top["model_calls"] for top in tops),
            tokens=(_total(tops, "input_tokens"), _total(tops, "output_tokens")),
            waits=sum(node.get("category") == "rate_limit" for node in nodes),
            open=sum(node["status"] in OPEN for node in nodes),
        )

    def paths(self) -> list[str]:
        """The paths of all nodes."""
        return [path for tree in self.trees for path in tree.paths()]

    def expected(self, executions: dict[str, int], tools: dict[str, int], *, waits: int) -> Seen:
        """What should be shown: these executions and tools, and what the provider has served."""
        served = [one for one in self.provider.served if one.status == 200]
        models = _counted(one.model for one in served)
        return Seen(executions, models, tools, len(served), self.provider.tokens, waits, 0)


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _marked(node: dict[str, Any], name: str) -> str:
    told = str(node.get(name))
    return told if node["status"] == "success" else f"{told} {node['status']}"


def _total(tops: list[dict[str, Any]], name: str) -> int:
    return sum(top[name] or 0 for top in tops)


def _leaf_calls(trees: list[ShownTree]) -> list[dict[str, Any]]:
    """Model calls that no other one stands below."""
    found = []
    for tree in trees:
        calls = [node for node in tree.nodes if node.get("category") == "llm"]
        above = {id(one) for call in calls for one in tree.above(call)}
        found += [call for call in calls if id(call) not in above and call["status"] == "success"]
    return found


def environment(server: RunningServer, provider: ModelProvider, folder: Path) -> dict[str, str]:
    """The environment of an example: no network, and keys that open nothing."""
    return child_environment(
        {
            "LONGPOLE_ENDPOINT": server.url,
            "LONGPOLE_DATA_FOLDER": str(folder / "data"),
            "LONGPOLE_CONTENT": "full",
            "LONGPOLE_ENVIRONMENT": folder.name,
            "OPENAI_BASE_URL": provider.url + "/v1",
            "OPENAI_API_BASE": provider.url + "/v1",
            "OPENAI_API_KEY": "none",
            "GOOGLE_GEMINI_BASE_URL": provider.url,
            "GOOGLE_API_KEY": "none",
            "HTTP_PROXY": NOWHERE,
            "HTTPS_PROXY": NOWHERE,
            "NO_PROXY": "127.0.0.1",
            "HOME": str(folder),
        }
    )


def run_example(
    name: str, python: Path, server: RunningServer, provider: ModelProvider, folder: Path, *, code: int = 0
) -> Run:
    """Runs an example to its end, and with it what it needs: a server of its own, a worker and a broker.

    Args:
        name: of its folder.
        python: of its environment.
        server: takes what it records.
        provider: answers it.
        folder: of this run alone; its name tells the run from others.
        code: what it ends with.
    """
    variables = environment(server, provider, folder)
    how = {"fastapi": _answer_requests, "celery": _work_off_tasks}.get(name, _run_program)
    printed = how(Example(name, python, folder, variables, provider.arguments["city"], code))
    return Run(ended_trees(server, folder.name), printed, provider)


class Example(NamedTuple):
    """What is run: an example's folder by this Python, in a folder of its own, about a city."""

    name: str
    python: Path
    folder: Path
    variables: dict[str, str]
    city: str
    code: int = 0

    def start(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """A process of it beside this one; its output goes into a file."""
        with (self.folder / "log").open("ab") as log:
            command = [self.python, *words]
            variables = self.variables | more
            return subprocess.Popen(command, cwd=EXAMPLES / self.name, env=variables, stdout=log, stderr=log)


def _run_program(example: Example, *words: str, **more: str) -> str:
    done = subprocess.run(
        [example.python, EXAMPLES / example.name / "agent.py", *words],
        cwd=example.folder,
        env=example.variables | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == example.code, done.stdout + done.stderr
    return done.stdout


def _answer_requests(example: Example) -> str:
    """Serves the application, and asks it once."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with example.start("-m", "uvicorn", "app:app", "--port", str(port)) as process:
        try:
            wait_until(lambda: _listens(port), "uvicorn to listen")
            return httpx.get(f"{address}/trips/{example.city}", trust_env=False, timeout=30).text
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _work_off_tasks(example: Example) -> str:
    """Starts a broker and a worker, and sends the tasks."""
    with redis_server(example.folder) as port:
        broker = dict.fromkeys(("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"), f"redis://127.0.0.1:{port}")
        words = ("-m", "celery", "-A", "tasks", "worker", "--concurrency", "2", "--loglevel", "WARNING")
        with example.start(*words, **broker) as worker:
            try:
                return _run_program(example, example.city, **broker)
            finally:
                worker.terminate()


def ended_trees(server: RunningServer, environment: str) -> list[ShownTree]:
    """The executions of a run that none stands above, when all have ended."""

    def look() -> list[ShownTree]:
        asked = {"environment": environment, "parent": "none", "limit": "100"}
        items = server.get("/api/executions", params=asked).json()["items"]
        if any(item["status"] in OPEN or not item["is_settled"] for item in items):
            return []
        return [ShownTree(server, server.get(f"/api/executions/{item['execution_id']}").json()) for item in items]

    return wait_until(look, f"the executions of {environment} to end", 20)
