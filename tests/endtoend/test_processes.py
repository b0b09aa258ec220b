"""One tree over several processes: forked, spawned, pooled, called over HTTP."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from longpole.settings import child_environment
from running_server import RunningServer, wait_until

CHILD = """
import longpole
longpole.configure()

@longpole.timing_step
def in_child(): pass

in_child()
"""
SUBPROCESS = """
import os, subprocess, sys
import longpole
longpole.configure()

@longpole.agent
def parent():
    subprocess.run([sys.executable, "child.py"], env={**os.environ, **longpole.trace_environment()}, check=True)

parent()
"""
FORK = """
import os
import longpole
longpole.configure()

@longpole.timing_step
def in_child(): pass

@longpole.agent
def parent():
    pid = os.fork()
    if pid == 0:
        in_child()
        longpole.shutdown()
        os._exit(0)
    os.waitpid(pid, 0)

parent()
"""
POOL = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import longpole
longpole.configure()

@longpole.timing_step
def in_child(): pass

def work():
    in_child()
    longpole.flush(10)

@longpole.agent
def other(pool):
    pool.submit(int).result()  # the worker is started below this one

@longpole.agent
def parent(pool):
    pool.submit(work).result()

if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(sys.argv[1])) as pool:
        other(pool)
        parent(pool)
"""
SERVED = """
import asyncio, socket, threading
import httpx, uvicorn
import longpole
longpole.configure()
longpole.instrument("httpx")

@longpole.timing_step
async def in_child(): pass

async def app(scope, receive, send):
    await in_child()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

@longpole.agent
async def parent(url):
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(url)).text == "ok"

listener = socket.create_server(("127.0.0.1", 0))
served = uvicorn.Server(uvicorn.Config(longpole.TimingMiddleware(app), lifespan="off", log_level="error"))
thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
thread.start()
asyncio.run(parent(f"http://127.0.0.1:{listener.getsockname()[1]}/hello"))
served.should_exit = True
thread.join()
"""


def run(program: str, folder: Path, data: Path, *arguments: str) -> None:
    (folder / "child.py").write_text(CHILD)
    (folder / "parent.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "parent.py", *arguments],
        cwd=folder,
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(data)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def path_of(server: RunningServer, name: str) -> list[str]:
    """The names from a step up to the top of its tree."""

    def tree() -> Any:
        found = server.get("/api/executions?agent=parent&status=success").json()["items"]
        tree = found and server.get(f"/api/executions/{found[0]['execution_id']}").json()
        return tree if tree and any(step["name"] == name for step in tree["steps"]) else None

    found = wait_until(tree, f"a step {name} below the parent")
    rows = {row["step_id"]: row for row in found["steps"]}
    row = next(row for row in rows.values() if row["name"] == name)
    names = [row["name"]]
    while (row := rows.get(row["parent_step_id"])) is not None:
        names.append(row["name"])
    return names


@pytest.mark.parametrize("program", [SUBPROCESS, FORK], ids=["subprocess", "fork"])
def test_what_another_process_does_stands_below_the_step_that_started_it(
    program: str, server: RunningServer, tmp_path: Path
) -> None:
    run(program, tmp_path, server.folder)
    assert path_of(server, "in_child") == ["in_child"]  # right below the execution
    server.wait_for_spans(2)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_what_a_pool_of_processes_does_stands_below_whoever_submitted_it(
    method: str, server: RunningServer, tmp_path: Path
) -> None:
    run(POOL, tmp_path, server.folder, method)
    assert path_of(server, "in_child") == ["in_child"]
    server.wait_for_spans(3)


def test_a_request_joins_the_client_and_the_server_of_it(server: RunningServer, tmp_path: Path) -> None:
    run(SERVED, tmp_path, server.folder)
    names = path_of(server, "in_child")
    assert len(names) == 3  # the step, the request as it was served, the request as it was made
    server.wait_for_spans(4)
