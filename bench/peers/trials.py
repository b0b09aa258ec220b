"""Longpole and its peers by the same trials: each in a process, and but for Longpole in an environment, of its own.

Environments are made by `uv` in `bench/.peers`, which git ignores, with the newest releases; delete the folder to get
newer ones.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import connect
from typing import NamedTuple

from peers.sink import CountingSink, finished_spans

HERE = Path(__file__).resolve().parent
LONGEST_EXIT_S = 120
ENVIRONMENTS = HERE.parent / ".peers"
UV = Path(sys.executable).with_name("uv")
IMPORT_TIMES = 7
KILLED_AFTER_S = (2.5, 4.5, 6.0)  # some deliver every few seconds: what is lost depends on the moment
SETTLE_S = 1.0
NOWHERE = "http://127.0.0.1:1"
VARIABLES = {"LANGSMITH_TRACING": "true", "LOGFIRE_SEND_TO_LOGFIRE": "true", "LANGFUSE_DEBUG": "false"}
IMPORTING = """
import sys, time
size = lambda: int(open('/proc/self/statm').read().split()[1]) * 4096
started, before = time.process_time_ns(), size()
{statement}
print((time.process_time_ns() - started) / 1e6, (size() - before) / 2**20)
"""


class Peer(NamedTuple):
    """Somebody who records steps: a script here, the packages it needs (none: this environment), how it is imported."""

    name: str
    packages: tuple[str, ...]
    statement: str

    @property
    def script(self) -> Path:
        """What runs its trials."""
        return HERE / f"with_{self.name}.py"


class Measured(NamedTuple):
    """What the trials found. `exit_s` is `None` beyond `LONGEST_EXIT_S`."""

    name: str
    version: str
    sync_ns: float
    background_ns: float
    import_ms: float
    import_mib: float
    exit_s: float | None
    lost_ms: float


PEERS = (
    Peer("longpole", (), "import longpole"),
    Peer("opentelemetry", (), "from opentelemetry.sdk.trace import TracerProvider"),
    Peer("logfire", ("logfire",), "import logfire"),
    Peer("langfuse", ("langfuse",), "import langfuse"),
    Peer("langsmith", ("langsmith",), "import langsmith; langsmith.traceable, langsmith.Client"),
)


def measure_peer(peer: Peer, steps: int, rounds: int) -> Measured:
    """All trials of one peer, one after the other."""
    python = environment_of(peer)
    with _sink() as sink:
        cost = json.loads(_run(python, peer, "cost", sink.url, str(steps), str(rounds)).splitlines()[-1])
    import_ms, import_mib = _import_cost(python, peer.statement)
    return Measured(
        name=peer.name,
        version=cost["version"],
        sync_ns=cost["sync_ns"],
        background_ns=cost["background_ns"],
        import_ms=import_ms,
        import_mib=import_mib,
        exit_s=_exit_s(python, peer),
        lost_ms=max(_lost_ms(python, peer, after_s) for after_s in KILLED_AFTER_S),
    )


def environment_of(peer: Peer) -> Path:
    """The Python of the peer's environment, made now if it is not there."""
    if not peer.packages:
        return Path(sys.executable)
    folder = ENVIRONMENTS / peer.name
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        subprocess.run([UV, "pip", "install", "--quiet", "--python", python, *peer.packages], check=True)
    return python


def _run(python: Path, peer: Peer, *arguments: str) -> str:
    command = [python, peer.script, *arguments]
    done = subprocess.run(command, env=_variables(), capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(f"{peer.name} {arguments[0]}: {done.stderr[-2000:]}")
    return done.stdout


def _import_cost(python: Path, statement: str) -> tuple[float, float]:
    """CPU in ms and memory in MiB of the import: the median of fresh processes, after one that warms the disk cache."""
    times: list[float] = []
    sizes: list[float] = []
    for number in range(IMPORT_TIMES + 1):
        command = [python, "-c", IMPORTING.format(statement=statement)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        if number:
            times.append(float(printed[0]))
            sizes.append(float(printed[1]))
    return statistics.median(times), statistics.median(sizes)


def _exit_s(python: Path, peer: Peer) -> float | None:
    """Seconds from the last step to the end of the process while nobody answers; `None` beyond `LONGEST_EXIT_S`."""
    command = [python, peer.script, "exit", NOWHERE, "1000"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=_variables(), stdout=subprocess.PIPE, stderr=quiet) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == b"done\n":
                break
        started = time.monotonic()
        try:
            process.wait(LONGEST_EXIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return None
        return time.monotonic() - started


def _lost_ms(python: Path, peer: Peer, after_s: float) -> float:
    """What a kill takes with it, of a step a millisecond: the time of the steps that had ended and are nowhere.

    A step is somewhere if it was delivered or is kept on disk.
    """
    with _sink() as sink, tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "count"
        with out.open("wb") as counts:
            process = subprocess.Popen(
                [python, peer.script, "steady", sink.url],
                env={**_variables(), "TMPDIR": folder},
                stdout=counts,
                stderr=subprocess.DEVNULL,
            )
            while out.stat().st_size == 0 and process.poll() is None:
                time.sleep(0.01)
            time.sleep(after_s)
            process.kill()
            process.wait()
        ended = [line for line in out.read_bytes().split(b"\n")[:-1] if line.isdigit()]
        if not ended:
            raise RuntimeError(f"{peer.name} recorded nothing")
        time.sleep(SETTLE_S)  # what was on the wire
        kept = sink.finished() | _spooled(Path(folder))
        return max(len(ended) - len(kept), 0) * after_s * 1000 / len(ended)


def _spooled(folder: Path) -> set[str]:
    """The finished steps in Longpole's spool files."""
    found: set[str] = set()
    for file in folder.glob("longpole-bench-*/*.sqlite"):
        with closing(connect(file)) as connection:
            rows = connection.execute("SELECT body FROM bodies WHERE path = '/v1/traces'").fetchall()
        found.update(step for (body,) in rows for step in finished_spans(zlib.decompress(body)))
    return found


def _variables() -> dict[str, str]:
    return {**os.environ, **VARIABLES}


@contextmanager
def _sink() -> Iterator[CountingSink]:
    sink = CountingSink()
    try:
        yield sink
    finally:
        sink.stop()
