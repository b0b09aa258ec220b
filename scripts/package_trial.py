"""Runs in a clean environment with one extra of Longpole (`package.py`): does it do what it is for, and bring no more?

Prints in a few words what was seen; ends with an error where something is missing. Knows nothing of the checkout.
"""

import importlib
import importlib.util
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

SERVER_ONLY = ("litestar", "uvicorn", "duckdb", "google.protobuf", "opentelemetry", "typer", "rich", "numpy")
START_S = 60.0

Found = TypeVar("Found")


def longpole(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command of this environment."""
    command = [str(Path(sys.executable).with_name("longpole")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=START_S)


def is_installed(name: str) -> bool:
    """Whether a package is here, without loading it."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def loads(*modules: str) -> None:
    """Load modules of ours that need the extra."""
    for module in modules:
        importlib.import_module(module)


def record() -> None:
    """Record an execution without a server: it goes to the spool, and nothing is raised."""
    import longpole as sdk  # noqa: PLC0415 - that it can be loaded is what is tried

    sdk.configure(service="trial", spool=str(Path.cwd() / "spool"))

    @sdk.agent("trial")
    def answer() -> int:
        with sdk.time_step("step"):
            return 7

    assert answer() == 7
    sdk.shutdown()
    assert any((Path.cwd() / "spool").iterdir()), "nothing was spooled"


def try_base() -> str:
    """Nothing but recording: the install for other people's agents."""
    record()
    found = [name for name in SERVER_ONLY if is_installed(name)]
    assert not found, f"the base install brings {found}"
    said = longpole("--version")
    assert said.returncode == 1, said
    assert "longpole[cli]" in said.stderr, said.stderr
    return "an execution recorded, nothing of the server there"


def try_cli() -> str:
    """The command line without a server."""
    record()
    assert not is_installed("duckdb")
    said = longpole("--version")
    assert said.returncode == 0, said
    refused = longpole("serve")
    assert refused.returncode != 0, refused
    assert "longpole[server]" in refused.stdout + refused.stderr, refused
    return "the command runs, and says what serving needs"


def try_audit() -> str:
    """Findings in a file."""
    Path("slow.py").write_text("import time\n\n\nasync def agent():\n    time.sleep(1)\n")
    said = longpole("audit", "slow.py", "--json")
    assert "LP" in said.stdout, said
    return "a blocked loop found"


def try_memory() -> str:
    """What psutil reads."""
    import psutil  # noqa: PLC0415 - that it is there is what is tried

    record()
    return f"memory read: {psutil.Process().memory_info().rss // 2**20} MB"


def try_server() -> str:
    """A server: the dashboard, and an execution there and back."""
    folder = Path.cwd() / "data"
    command = [str(Path(sys.executable).with_name("longpole")), "serve", "--data", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as serving:
        try:
            url = wait_for(lambda: json.loads((folder / "server.json").read_bytes())["url"])
            page = fetch(url + "/").decode()
            assert "<div id=" in page, page
            send(url)
            names = wait_for(lambda: [one["agent"] for one in json.loads(fetch(url + "/api/executions"))["items"]])
            assert names == ["trial"], names
        finally:
            serving.terminate()
    assert serving.returncode == 0, serving.returncode
    return "served the dashboard, took an execution and gave it back"


def send(url: str) -> None:
    """Record an execution in a process of its own, which delivers it before it ends."""
    program = (
        "import longpole\n"
        f"longpole.configure(endpoint={url!r}, spool='spool')\n"
        "longpole.agent('trial')(lambda: 7)()\n"
        "longpole.shutdown()\n"
    )
    subprocess.run([sys.executable, "-I", "-c", program], check=True, timeout=START_S)


def fetch(url: str) -> bytes:
    """What an address answers."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def wait_for(look: Callable[[], Found]) -> Found:
    """What `look` finds as soon as it finds something."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            if found := look():
                return found
        except (OSError, ValueError, KeyError):
            pass
        assert time.monotonic() < deadline, "nothing came within a minute"
        time.sleep(0.1)


def try_remedies() -> str:
    """What runs inside agents."""
    loads("longpole.remedies.pipeline", "longpole.remedies.cache", "longpole.remedies.semantic_cache")
    assert not is_installed("duckdb")
    return "the remedies load"


def try_postgres() -> str:
    """The engine for PostgreSQL; a database is not there to try."""
    loads("longpole.store.engines.postgres")
    return "its engine loads"


def try_clickhouse() -> str:
    """The engine for ClickHouse; a database is not there to try."""
    loads("longpole.store.engines.clickhouse")
    return "its engine loads"


def try_redis() -> str:
    """What servers tell each other by; a Redis is not there to try."""
    loads("longpole.server.live_relay")
    return "its relay loads"


def try_mcp() -> str:
    """The command that models ask by."""
    loads("longpole.cli.mcp", "mcp")
    assert not is_installed("duckdb")
    said = longpole("mcp", "--help")
    assert said.returncode == 0, said
    return "its command runs"


def main() -> None:
    """Try the extra that is named."""
    trial = globals().get(f"try_{sys.argv[1]}")
    assert trial is not None, f"nobody wrote down what longpole[{sys.argv[1]}] is for: add it to package_trial.py"
    print(trial())


if __name__ == "__main__":
    main()
