"""`longpole serve`: opens what a server needs, serves until it is told to stop, and leaves nothing half done."""

import signal
import socket
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, cast
from urllib.parse import urlsplit

import uvicorn
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from longpole import settings as settings_module
from longpole.client.audit_book import AuditBook
from longpole.client.kept_prices import price_book
from longpole.ingest.activity import ActivityCount
from longpole.ingest.arrivals import Arrivals
from longpole.ingest.assemble import Recogniser
from longpole.ingest.decode import decode_body
from longpole.ingest.folder_lock import STATE_FILE, hold_folder
from longpole.ingest.noise import Noise, open_noise
from longpole.ingest.offline import LETTERS_FOLDER, SPOOL_FOLDER
from longpole.ingest.pipeline import Pipeline, stored_position
from longpole.ingest.prices import Prices
from longpole.ingest.spool import Spool
from longpole.ingest.tail_sampling import TailSampling
from longpole.ingest.threshold_findings import Thresholds
from longpole.ingest.traces import Limits
from longpole.model.batch import Batch
from longpole.model.errors import MissingPackage, RefusedToServe
from longpole.server.alert_jobs import Alerting, set_up_alerting
from longpole.server.app import Server
from longpole.server.asgi import App, Receive, Scope, Send
from longpole.server.audit_routes import audit_routes
from longpole.server.auth_setup import KeySetup, set_up_keys
from longpole.server.connections import BoundedConnection, ConnectionLimits, file_bound
from longpole.server.ending import REQUESTS_END_S, Ending
from longpole.server.finding_jobs import findings_job
from longpole.server.forward import Forwarder
from longpole.server.forward_setup import set_up_forwarding, told_to_both
from longpole.server.health import Watch
from longpole.server.interpreter import tuned_interpreter
from longpole.server.jobs import ONLY_SERVER, Jobs
from longpole.server.leftovers import Leftovers
from longpole.server.live_door import LARGEST_MESSAGE_BYTES, LiveDoor
from longpole.server.live_hub import Hub
from longpole.server.mcp_door import mcp_doors
from longpole.server.memory import keep_less_memory
from longpole.server.otlp import DoorLimits
from longpole.server.own_address import OwnAddress, leave_note, own_address
from longpole.server.price_routes import price_routes
from longpole.server.sql_routes import sql_desk, sql_routes
from longpole.server.store_jobs import store_jobs
from longpole.server.store_routes import served_care, store_routes
from longpole.server.timed_store import TimedStore
from longpole.server.webhook_routes import webhook_routes
from longpole.server.webhook_send import WebhookPolicy
from longpole.server.webhooks import Webhooks
from longpole.settings import Settings
from longpole.store.chosen_store import open_chosen_store
from longpole.store.engine import Engine
from longpole.store.own_prices import own_prices

_STORE_END_S = 1.0
"""Left for the checkpoint of the store when everything else has ended."""

_JOBS_END_S = 2.0
_LEFTOVERS_END_S = 1.0


def serve(settings: Settings, *, creates_admin_key: bool = False, say: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; returns when everything that was taken is stored or durable in the spool.

    From the signal on it takes `ending.END_S` seconds at most.

    Args:
        settings: the address, the data folder, the limits.
        creates_admin_key: whether to make a key of the whole server, if there is none, and say it.
        say: where the lines about the address go; standard output without it.

    Raises:
        RefusedToServe: the address is not a loopback one and there is no key, or the port is taken.
        StoreLocked: another server holds the data folder.
        StoreError: the database of the setting `store` cannot be used.
        InvalidInput: the file of the setting `noise_rules` cannot be used.
    """
    say = say or _print_line
    with Ending() as ending, ExitStack() as stack:
        listener = stack.enter_context(_listener(settings.host, settings.port))
        address = own_address(listener, settings)
        folder = settings_module.data_folder(settings)
        if not settings.persistence_enabled:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="longpole-")))
        stack.enter_context(hold_folder(folder))
        keep_less_memory()
        flow = _open_flow(settings, folder, ending, stack)
        keys = set_up_keys(flow.store, flow.pipeline.write, settings, creates_admin_key=creates_admin_key)
        stack.callback(keys.ring.close)
        alerts = _alerting(settings, flow, address)
        webhooks = _webhooks(settings, flow, stack)
        told = [*alerts.jobs, webhooks.job()]
        work = [*store_jobs(flow.store, settings), findings_job(flow.store, flow.hub.told), *told]
        jobs = Jobs(flow.store, work, holder=flow.store.server or ONLY_SERVER)
        stack.callback(jobs.close, _JOBS_END_S)
        release = version("longpole")
        watch = _watch(settings, flow, jobs, release)
        told_routes = (*alerts.routes, *webhook_routes(webhooks))
        server = _server(settings, flow, jobs, keys, told_routes, watch, mcp_doors(address))
        state = folder / STATE_FILE
        stack.callback(state.unlink, missing_ok=True)
        leftovers = Leftovers(settings_module.spool_folder(settings), address, keys.ring.own_key)
        stack.callback(leftovers.close, _LEFTOVERS_END_S)

        def ready() -> None:
            leave_note(state, address, release, keys.ring.own_key)
            keys.ring.start()
            watch.begin()
            jobs.start()
            if settings.persistence_enabled:
                leftovers.start()
            for line in (*_welcome(address.url, _kept_in(settings, folder)), *keys.lines):
                say(line)

        ending.on_begin(watch.end)
        _run(server, listener, address, ready, ending, _connection_limits(settings))


class _Flow(Struct, frozen=True):
    """The way of what comes in: the spool, the pipeline that reads it, the store it goes to, and who is told of it."""

    store: TimedStore
    spool: Spool
    pipeline: Pipeline
    prices: Prices
    arrivals: Arrivals
    hub: Hub
    activity: ActivityCount
    forwarder: Forwarder | None


def _open_flow(settings: Settings, folder: Path, ending: Ending, stack: ExitStack) -> _Flow:
    """All of it, running; closed in the opposite order by `stack`."""
    noise = open_noise(settings.noise_rules)
    store = TimedStore(open_chosen_store(settings, folder))
    stack.callback(store.close)
    spool = _spool(settings, folder, store)
    prices = Prices(own=own_prices(store))
    arrivals = Arrivals(decode_body)
    hub = Hub()
    ending.on_begin(hub.close)
    if settings.redis is not None:
        _relay(settings.redis, hub, stack)
    activity = ActivityCount(settings.metrics_names)
    forwarder = set_up_forwarding(settings, store, folder, stack)
    told = told_to_both(hub.told, forwarder)
    pipeline = _pipeline(settings, folder, store, spool, Recogniser(prices=prices), arrivals, told, noise, activity)
    stack.callback(lambda: pipeline.close(ending.left_s(_STORE_END_S)))
    stack.callback(spool.close)
    pipeline.start()
    return _Flow(store, spool, pipeline, prices, arrivals, hub, activity, forwarder)


def _relay(address: str, hub: Hub, stack: ExitStack) -> None:
    """Tell other servers what happens at this one, and be told.

    Raises:
        MissingPackage: what speaks to Redis is not installed.
        RefusedToServe: the address is not one of Redis.
    """
    try:
        from longpole.server.live_relay import Relay  # noqa: PLC0415 - redis is an extra
    except ImportError as error:
        raise MissingPackage(
            f"The setting `redis` cannot be used: {error.name or 'redis'} is not installed. "
            "Expected the packages of longpole[redis]. Run: pip install 'longpole[redis]'."
        ) from None
    try:
        relay = Relay(address, hub, lambda: hub.has_clients)
    except ValueError:  # its text may hold a password
        raise RefusedToServe(
            "The setting `redis` is not an address of Redis. Expected one like redis://host:6379/0. Correct it."
        ) from None
    hub.elsewhere = lambda: relay.trouble
    stack.callback(relay.close)
    relay.start()


def _watch(settings: Settings, flow: _Flow, jobs: Jobs, release: str) -> Watch:
    backlog_bytes = _door_limits(settings).backlog_bytes
    return Watch(
        flow.store,
        flow.arrivals,
        version=release,
        backlog_limit_bytes=backlog_bytes,
        hub=flow.hub,
        jobs=jobs.state,
        activity=flow.activity,
        forwarder=flow.forwarder,
    )


def _alerting(settings: Settings, flow: _Flow, address: OwnAddress) -> Alerting:
    return set_up_alerting(flow.store, flow.pipeline.write, settings, address=address.url, publish=flow.hub.publish)


def _webhooks(settings: Settings, flow: _Flow, stack: ExitStack) -> Webhooks:
    schemes = frozenset(part.strip().lower() for part in settings.webhook_schemes.split(",") if part.strip())
    policy = WebhookPolicy(schemes, settings.webhook_private_targets)
    webhooks = Webhooks(flow.store, flow.pipeline.write, flow.hub, policy)
    stack.callback(webhooks.close)
    webhooks.start()
    return webhooks


def _server(
    settings: Settings,
    flow: _Flow,
    jobs: Jobs,
    keys: KeySetup,
    telling: tuple[HTTPRouteHandler, ...],
    watch: Watch,
    doors: Mapping[str, App],
) -> Server:
    routes = (
        *store_routes(served_care(flow.store, flow.spool, flow.pipeline, jobs, settings)),
        *price_routes(price_book(flow.store, flow.pipeline, flow.prices)),
        *audit_routes(AuditBook(flow.store, write=flow.pipeline.write)),
        *keys.routes,
        *telling,
        *sql_routes(sql_desk(flow.store.engine, settings)),
    )
    return Server(
        flow.store,
        flow.spool,
        flow.pipeline,
        watch,
        version=version("longpole"),
        limits=_door_limits(settings),
        more_routes=routes,
        more_doors=doors,
        live=LiveDoor(flow.store, flow.hub, is_open=settings.realtime),
        guard=keys.guard,
    )


def _spool(settings: Settings, folder: Path, store: Engine) -> Spool:
    return Spool.open(
        folder / SPOOL_FOLDER,
        after=stored_position(store),
        max_bytes=settings.server_spool_limit_bytes,
        survives_power_loss=settings.durability == "power",
    )


def _pipeline(
    settings: Settings,
    folder: Path,
    store: Engine,
    spool: Spool,
    recogniser: Recogniser,
    arrivals: Arrivals,
    told: Callable[[Batch], None],
    noise: Noise | None,
    activity: ActivityCount,
) -> Pipeline:
    return Pipeline(
        store,
        spool,
        dead_letters=folder / LETTERS_FOLDER,
        limits=Limits(settle_after_ns=settings.settle_after_ms * 1_000_000, thresholds=_thresholds(settings)),
        recogniser=recogniser,
        sampling=_sampling(settings),
        crashed_after_ns=settings.crashed_after_ms * 1_000_000,
        decode=arrivals.decoded,
        told=told,
        noise=noise,
        activity=activity,
    )


def _door_limits(settings: Settings) -> DoorLimits:
    return DoorLimits(
        body_bytes=settings.body_limit_bytes,
        in_flight_bytes=settings.in_flight_limit_bytes,
        backlog_bytes=settings.backlog_limit_bytes,
    )


def _connection_limits(settings: Settings) -> ConnectionLimits:
    return ConnectionLimits(time_s=settings.connection_timeout_ms / 1000, most=file_bound(settings.connection_limit))


def _thresholds(settings: Settings) -> Thresholds:
    return Thresholds(
        slow_ns=settings.slow_operation_ms * 1_000_000, critical_ns=settings.critical_operation_ms * 1_000_000
    )


def _sampling(settings: Settings) -> TailSampling | None:
    if settings.tail_sampling_rate >= 1:
        return None
    return TailSampling(rate=settings.tail_sampling_rate, slow_ns=settings.slow_operation_ms * 1_000_000)


def _run(
    server: Server,
    listener: socket.socket,
    address: OwnAddress,
    ready: Callable[[], None],
    ending: Ending,
    limits: ConnectionLimits,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with ending.requests.scope():
            await server.app(scope, receive, send)

    config = uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        # Any callable does that makes a protocol; the annotation knows classes only.
        http=cast("Any", partial(BoundedConnection, limits, server.connections)),
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # 100 kB of memory and most of the processor time of each client
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # `Forwarded` reads them, from the configured proxies only
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
        timeout_graceful_shutdown=REQUESTS_END_S,
        timeout_keep_alive=75,
    )
    with tuned_interpreter():
        _Uvicorn(config, ready, ending).run(sockets=[listener])


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
