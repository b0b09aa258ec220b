"""`longpole serve`: opens what a server needs, serves until it is told to stop, and leaves nothing half done."""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from urllib.parse import urlsplit

import msgspec
import uvicorn

from longpole import settings as settings_module
from longpole.client.kept_prices import price_book
from longpole.ingest.assemble import Recogniser
from longpole.ingest.folder_lock import STATE_FILE, hold_folder
from longpole.ingest.offline import LETTERS_FOLDER, SPOOL_FOLDER
from longpole.ingest.pipeline import Pipeline, stored_position
from longpole.ingest.prices import Prices
from longpole.ingest.spool import Spool
from longpole.ingest.tail_sampling import TailSampling
from longpole.ingest.threshold_findings import Thresholds
from longpole.ingest.traces import Limits
from longpole.model.errors import RefusedToServe
from longpole.server.app import Server
from longpole.server.asgi import Receive, Scope, Send
from longpole.server.ending import REQUESTS_END_S, Ending
from longpole.server.finding_jobs import findings_job
from longpole.server.guard import check_bind
from longpole.server.jobs import ONLY_SERVER, Jobs
from longpole.server.leftovers import Leftovers
from longpole.server.otlp import DoorLimits
from longpole.server.price_routes import price_routes
from longpole.server.store_jobs import store_jobs
from longpole.server.store_routes import served_care, store_routes
from longpole.settings import Settings
from longpole.store.chosen_store import open_chosen_store
from longpole.store.engine import Engine
from longpole.store.own_prices import own_prices

_STORE_END_S = 1.0
"""Left for the checkpoint of the store when everything else has ended."""

_JOBS_END_S = 2.0
_LEFTOVERS_END_S = 1.0


def serve(settings: Settings, *, say: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; returns when everything that was taken is stored or durable in the spool.

    From the signal on it takes `ending.END_S` seconds at most.

    Args:
        settings: the address, the data folder, the limits.
        say: where the lines about the address go; standard output without it.

    Raises:
        RefusedToServe: the address is not a loopback one, or the port is taken.
        StoreLocked: another server holds the data folder.
        StoreError: the database of the setting `store` cannot be used.
    """
    check_bind(settings.host)
    say = say or _print_line
    with Ending() as ending, ExitStack() as stack:
        listener = stack.enter_context(_listener(settings.host, settings.port))
        folder = settings_module.data_folder(settings)
        if not settings.persistence_enabled:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="longpole-")))
        stack.enter_context(hold_folder(folder))
        store = open_chosen_store(settings, folder)
        stack.callback(store.close)
        spool = _spool(settings, folder, store)
        prices = Prices(own=own_prices(store))
        pipeline = _pipeline(settings, folder, store, spool, Recogniser(prices=prices))
        stack.callback(lambda: pipeline.close(ending.left_s(_STORE_END_S)))
        stack.callback(spool.close)
        pipeline.start()
        release = version("longpole")
        jobs = Jobs(store, [*store_jobs(store, settings), findings_job(store)], holder=store.server or ONLY_SERVER)
        stack.callback(jobs.close, _JOBS_END_S)
        routes = (
            *store_routes(served_care(store, spool, pipeline, jobs, settings)),
            *price_routes(price_book(store, pipeline, prices)),
        )
        server = Server(store, spool, pipeline, version=release, limits=_door_limits(settings), more_routes=routes)
        url = _url_of(listener)
        state = folder / STATE_FILE
        stack.callback(state.unlink, missing_ok=True)
        leftovers = Leftovers(settings_module.spool_folder(settings), url)
        stack.callback(leftovers.close, _LEFTOVERS_END_S)

        def ready() -> None:
            _write_state(state, url, release)
            jobs.start()
            if settings.persistence_enabled:
                leftovers.start()
            for line in _welcome(url, _kept_in(settings, folder)):
                say(line)

        _run(server, listener, ready, ending)


def _spool(settings: Settings, folder: Path, store: Engine) -> Spool:
    return Spool.open(
        folder / SPOOL_FOLDER,
        after=stored_position(store),
        max_bytes=settings.server_spool_limit_bytes,
        survives_power_loss=settings.durability == "power",
    )


def _pipeline(settings: Settings, folder: Path, store: Engine, spool: Spool, recogniser: Recogniser) -> Pipeline:
    return Pipeline(
        store,
        spool,
        dead_letters=folder / LETTERS_FOLDER,
        limits=Limits(settle_after_ns=settings.settle_after_ms * 1_000_000, thresholds=_thresholds(settings)),
        recogniser=recogniser,
        sampling=_sampling(settings),
        crashed_after_ns=settings.crashed_after_ms * 1_000_000,
    )


def _door_limits(settings: Settings) -> DoorLimits:
    return DoorLimits(
        body_bytes=settings.body_limit_bytes,
        in_flight_bytes=settings.in_flight_limit_bytes,
        backlog_bytes=settings.backlog_limit_bytes,
    )


def _thresholds(settings: Settings) -> Thresholds:
    return Thresholds(
        slow_ns=settings.slow_operation_ms * 1_000_000, critical_ns=settings.critical_operation_ms * 1_000_000
    )


def _sampling(settings: Settings) -> TailSampling | None:
    if settings.tail_sampling_rate >= 1:
        return None
    return TailSampling(rate=settings.tail_sampling_rate, slow_ns=settings.slow_operation_ms * 1_000_000)


def _tune_interpreter() -> None:
    """Settings of the whole process, for one event loop beside two threads that compute."""
    # A thread that computes keeps the loop waiting this long, several times per request (the default is 5 ms).
    sys.setswitchinterval(0.001)
    # What was imported lives for ever, and rows on their way are no cycles: look for cycles in neither too often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 20, 100)


def _run(server: Server, listener: socket.socket, ready: Callable[[], None], ending: Ending) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with ending.requests.scope():
            await server.app(scope, receive, send)

    _tune_interpreter()
    config = uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_END_S,
        timeout_keep_alive=75,
    )
    try:
        _Uvicorn(config, ready, ending).run(sockets=[listener])
    finally:
        gc.unfreeze()  # else what the databases' bindings hold is reported as leaked when the interpreter ends


class _Uvicorn(uvicorn.Server):
    """Uvicorn that tells when it is ready, and stops on a signal without raising it again once it has stopped.

    Raised again, SIGTERM would end the process before the pipeline has stored what it read.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], ending: Ending) -> None:
        super().__init__(config)
        self._ready = ready
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then tell."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, and begin the time within which everything ends."""
        self._ending.begin()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal asks for the end, a second SIGINT insists."""
        self.force_exit = self.force_exit or (self.should_exit and sig == signal.SIGINT)
        self.should_exit = True


@contextmanager
def _listener(host: str, port: int) -> Generator[socket.socket]:
    """A socket bound to the address.

    Raises:
        RefusedToServe: somebody else listens there, or the address is not this machine's.
    """
    bare = host.removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((bare, port))
            listener.listen(1024)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RefusedToServe(
                f"Port {port} of {host} cannot be used: {reason}. Expected a free port. "
                "Stop what listens there (it may be another longpole serve), or choose another with --port."
            ) from None
        yield listener


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _write_state(path: Path, url: str, release: str) -> None:
    """Tell other programs on this machine where the server is; a reader sees all of it or nothing."""
    draft = path.with_suffix(".json.draft")
    draft.write_bytes(msgspec.json.encode({"pid": os.getpid(), "url": url, "version": release}))
    draft.chmod(0o600)
    draft.replace(path)


def _kept_in(settings: Settings, folder: Path) -> str:
    """Where things are kept, without a password."""
    if not settings.persistence_enabled:
        return "memory, until it stops"
    if settings.store is None:
        return str(folder)
    parts = urlsplit(settings.store)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}" if parts.scheme else settings.store


def _welcome(url: str, kept_in: str) -> list[str]:
    return [
        f"Longpole is at {url}",
        f"Keeps what it learns in {kept_in}",
        f"To send: longpole.configure(endpoint={url!r}), or any OpenTelemetry program with "
        f"OTEL_EXPORTER_OTLP_ENDPOINT={url}",
    ]


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
