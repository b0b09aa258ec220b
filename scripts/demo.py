"""Run the example against a server of its own, show the answer, and keep serving; with `--check`, hold it against
truth.

What is checked is read over HTTP, as any user would: that each agent of the example is there with the status it should
have, that one which was never called is known and did not run, and that the tokens are those that the example's model
server counted.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from local_server import LocalServer, ServerNotReadyError

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "research_team.py"
TRUTH = ROOT / "examples" / "research_team.truth.json"
FOLDER = ROOT / ".longpole" / "demo"
PORT = 7667
EXAMPLE_SECONDS = 120
SETTLE_SECONDS = 20.0
TOKENS = ("input_tokens", "output_tokens")


class DemoError(Exception):
    """The example or one of the commands failed; the message says which."""


@dataclass(frozen=True)
class Check:
    """One line of the check."""

    agent: str
    what: str
    expected: object
    found: object

    @property
    def is_right(self) -> bool:
        """Whether what was found is what was expected."""
        return self.expected == self.found


def say(what: str) -> None:
    """Print one line of progress at once."""
    print(f"demo: {what}", flush=True)


def environment(server: LocalServer) -> dict[str, str]:
    """This environment with the demo's server and folder, and without the developer's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LONGPOLE_", "OTEL_"))}
    return kept | {"LONGPOLE_ENDPOINT": server.url, "LONGPOLE_DATA_FOLDER": str(server.folder)}


def run_example(server: LocalServer) -> tuple[str, dict[str, Any]]:
    """The id of the execution that the example made, and what its model server counted."""
    served = server.folder / "served.json"
    command = [sys.executable, str(EXAMPLE), "--endpoint", server.url, "--served", str(served)]
    done = subprocess.run(
        command,
        env=environment(server),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=EXAMPLE_SECONDS,
    )
    print(done.stdout, end="", flush=True)
    last = done.stdout.strip().rsplit("\n", 1)[-1]
    if done.returncode != 0 or not last.startswith("execution "):
        raise DemoError(f"{EXAMPLE.name} ended with code {done.returncode}; expected 0 and a last line `execution ID`.")
    return last.removeprefix("execution ").strip(), json.loads(served.read_bytes())


def wait_until_settled(server: LocalServer, execution_id: str) -> dict[str, Any]:
    """The execution's tree, once everything about it has been computed."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        status, body = server.request("GET", f"/api/executions/{execution_id}")
        tree = json.loads(body) if status == 200 else None
        if tree and tree["execution"]["is_settled"]:
            return tree
        if time.monotonic() > deadline:
            seen = f"its status is {tree['execution']['status']}" if tree else f"the server answers {status}"
            raise DemoError(f"execution {execution_id} did not settle within {SETTLE_SECONDS:.0f} s: {seen}.")
        time.sleep(0.1)


def draw(server: LocalServer, execution_id: str) -> None:
    """Draw the tree in the terminal with the command that a user would take."""
    command = [str(Path(sys.executable).with_name("longpole")), "show", execution_id, "--url", server.url]
    if subprocess.run(command, env=environment(server), stdin=subprocess.DEVNULL).returncode != 0:
        raise DemoError(f"`longpole show {execution_id}` failed; its message is above.")


def checks(server: LocalServer, tree: dict[str, Any], served: dict[str, Any]) -> list[Check]:
    """Everything that the example knows about itself, beside what the server says."""
    truth = json.loads(TRUTH.read_bytes())
    page = server.get("/api/executions?limit=100")["items"]
    overview = {agent["agent"]: agent for agent in server.get("/api/overview")["agents"]}
    names = {execution["execution_id"]: execution["agent"] for execution in tree["executions"]}
    found: list[Check] = []
    for agent, expected in truth["agents"].items():
        runs = [item for item in page if item["agent"] == agent and item["trace_id"] == tree["execution"]["trace_id"]]
        found.append(Check(agent, "executions", expected["executions"], len(runs)))
        if not expected["executions"]:
            found.append(Check(agent, "is registered", True, overview.get(agent, {}).get("is_registered", False)))
            continue
        run = runs[0] if runs else {}
        found.append(Check(agent, "status", expected["status"], run.get("status")))
        found.append(Check(agent, "called by", expected.get("parent"), names.get(run.get("parent_execution_id"))))
        found += [
            Check(agent, name, expected[name], run.get(name)) for name in ("error_type", *TOKENS) if name in expected
        ]
        found += [
            Check(agent, f"{name} (served)", served_to(agent, name, truth, served), run.get(name)) for name in TOKENS
        ]
    top = tree["execution"]
    found.append(Check(top["agent"], "agents skipped", 1, top["agents_skipped"]))
    return found


def served_to(agent: str, name: str, truth: dict[str, Any], served: dict[str, Any]) -> int | None:
    """The tokens that the model server counted for an agent and those it called; `None` when it asked for nothing."""
    family = [agent, *(other for other, about in truth["agents"].items() if about["parent"] == agent)]
    tasks = [task for member in family for task in truth["agents"][member].get("tasks", ())]
    return sum(served["tasks"][task][name] for task in tasks) if tasks else None


def print_checks(found: list[Check]) -> bool:
    """Print the table; whether every line of it is right."""
    print(f"\n{'agent':16}{'what':24}{'expected':18}{'found':18}")
    for check in found:
        mark = "ok" if check.is_right else "WRONG"
        print(f"{check.agent:16}{check.what:24}{check.expected!s:18}{check.found!s:18}{mark}")
    wrong = sum(not check.is_right for check in found)
    print(f"\n{len(found)} checks, {wrong} wrong", flush=True)
    return wrong == 0


def show_and_check(server: LocalServer, *, is_check: bool) -> bool:
    """Run the example and show it; whether the checks, if asked for, hold."""
    say(f"running {EXAMPLE.relative_to(ROOT)}")
    execution_id, served = run_example(server)
    tree = wait_until_settled(server, execution_id)
    draw(server, execution_id)
    say(f"the dashboard: {server.url}/executions/{execution_id}")
    return print_checks(checks(server, tree, served)) if is_check else True


def serve_until_interrupted(server: LocalServer) -> int:
    """Wait for Ctrl-C or a request to end; 1 when the server ends by itself."""
    interrupted = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        interrupted.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    say("serving; Ctrl-C ends it")
    while not interrupted.wait(0.5):
        if server.process.poll() is not None:
            say(f"the server ended with code {server.process.returncode}:\n{server.log_end()}")
            return 1
    say(f"stopping; the data stays in {server.folder}")
    return 0


def main() -> int:
    """Run the demo; 0 when everything it does and checks went right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the answers with the truth, then stop")
    chosen = parser.parse_args()
    # The checks want an empty store; the demo keeps what it showed before.
    with tempfile.TemporaryDirectory(prefix="longpole-demo-") as folder:
        server = LocalServer(Path(folder) / "demo") if chosen.check else LocalServer(FOLDER, PORT)
        say(f"starting `longpole serve` on {server.url}, its data in {server.folder}")
        try:
            with server:
                is_right = show_and_check(server, is_check=chosen.check)
                return serve_until_interrupted(server) if not chosen.check else int(not is_right)
        except (DemoError, ServerNotReadyError, subprocess.TimeoutExpired) as error:
            say(f"stopped. {error}")
            return 1


if __name__ == "__main__":
    sys.exit(main())
