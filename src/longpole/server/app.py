"""The one ASGI application: the OTLP door, health, the REST routes, the dashboard, and the guard around all."""

import logging
from collections.abc import Callable, Mapping
from typing import cast

import msgspec
from litestar.handlers import HTTPRouteHandler

from longpole.ingest.pipeline import Pipeline
from longpole.ingest.spool import Spool
from longpole.reports.health_views import TroubleItem
from longpole.reports.saved_views import ViewBook
from longpole.server.access import access_of
from longpole.server.asgi import App, Message, Receive, Scope, Send, send_answer
from longpole.server.connections import ConnectionCounters
from longpole.server.dashboard import dashboard_app
from longpole.server.example_routes import example_route
from longpole.server.guard import Guard
from longpole.server.health import Watch
from longpole.server.health_routes import health_route, machine_doors
from longpole.server.http import PREFIXES, api_app
from longpole.server.intake import Intake, intake_route, noise_items, trouble_item
from longpole.server.letter_routes import letter_routes
from longpole.server.live_door import LIVE_PATHS, LiveDoor
from longpole.server.live_hub import Hub
from longpole.server.otlp import DEFAULT_LIMITS, PATHS, DoorLimits, OtlpDoor
from longpole.server.problems import MEDIA_TYPE, problem_body
from longpole.server.score_intake import score_route
from longpole.server.view_routes import view_routes
from longpole.store.engine import Engine
from longpole.wire.longpole_names import SERVER_HEADER

_log = logging.getLogger("longpole.server")
_STARTS = ("http.response.start", "websocket.accept")
_API_ROOTS = tuple(prefix.rstrip("/") for prefix in PREFIXES)


class Server:
    """What the process serves. Call `app` with ASGI; the store, spool and pipeline belong to the caller."""

    def __init__(
        self,
        store: Engine,
        spool: Spool,
        pipeline: Pipeline,
        watch: Watch,
        *,
        version: str,
        limits: DoorLimits = DEFAULT_LIMITS,
        more_routes: tuple[HTTPRouteHandler, ...] = (),
        more_doors: Mapping[str, App] | None = None,
        guard: Callable[[App], App] = Guard,
        live: LiveDoor | None = None,
    ) -> None:
        self._store = store
        self._spool = spool
        self._pipeline = pipeline
        self._version = version
        self._internal_errors = 0
        self.connections = ConnectionCounters()
        self._door = OtlpDoor(spool, self._unread_bytes, limits)
        self._heard_door = watch.senders.heard(self._door)
        self._watch = watch
        watch.join(self._counted, lambda: pipeline.queued_writes, self.connections)
        self._machine_doors = {**machine_doors(watch), **(more_doors or {})}
        # Litestar's type of an ASGI application is narrower than the raw one.
        letters = letter_routes(pipeline.retry, pipeline.write)
        views = view_routes(ViewBook(store, pipeline.write))
        own = (
            intake_route(self.intake),
            health_route(watch.health),
            score_route(spool.append),
            example_route(spool.append),
        )
        more = (*own, *letters, *views, *more_routes)
        self._api = cast("App", api_app(store, more_routes=more))
        self._dashboard: App = dashboard_app()
        self._live = live or LiveDoor(store, Hub(), is_open=False)
        self.app: App = self._named(self._bounded(guard(self._route)))

    def intake(self) -> Intake:
        """What `GET /api/ingest` answers."""
        counted = self._counted()
        counted.dead_letters = self._count_letters()
        return counted

    def _counted(self) -> Intake:
        """The same without what the store must be asked for."""
        door, pipeline = self._door.counters, self._pipeline.counters
        return Intake(
            requests=door.requests,
            bodies=door.bodies,
            accepted={"spans": door.spans, "logs": door.logs, "data_points": door.data_points},
            rejected=dict(door.rejected),
            refused=dict(door.refused),
            duplicates=pipeline.duplicates,
            replaced=pipeline.replaced,
            pending_bytes=self._unread_bytes(),
            spool_bytes=self._spool.held_bytes,
            open_spans=pipeline.open_spans,
            unreadable=pipeline.poisoned + pipeline.dropped_writes,
            damaged_bytes=pipeline.damaged_bytes,
            dead_letters=None,
            failed_writes=pipeline.failed_writes,
            crashed=pipeline.crashed,
            sampled_out=pipeline.sampled_out,
            noise=noise_items(self._pipeline.noise),
            internal_errors=self._internal_errors,
            store_trouble=trouble_item(self._pipeline.trouble),
            spool_trouble=trouble_item(self._spool.trouble),
        )

    def _forward_trouble(self) -> TroubleItem | None:
        forwarder = self._watch.forwarder
        return None if forwarder is None else trouble_item(forwarder.trouble)

    def _count_letters(self) -> int | None:
        try:
            return self._store.rows("dead_letter_count", {"workspace": None, "kind": None})[0]["letters"]
        except Exception:  # a store that is away; `store_trouble` says so
            return None

    def _unread_bytes(self) -> int:
        return self._spool.unread_bytes(self._pipeline.position)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        self._watch.requests += 1
        if path in LIVE_PATHS or scope["type"] == "websocket":
            await self._live(scope, receive, send)
        elif path in PATHS:
            await self._heard_door(scope, receive, send)
        elif path == "/healthz":
            await self._health(scope, send)
        elif path in self._machine_doors:
            await self._machine_doors[path](scope, receive, send)
        elif path.startswith(PREFIXES) or path in _API_ROOTS:
            await self._api(scope, receive, send)
        elif path.startswith("/v1/"):
            detail = f"Nothing is taken at {path[:100]}. Expected one of {', '.join(PATHS)}. Correct the endpoint."
            await send_answer(send, 404, problem_body(404, detail), MEDIA_TYPE)
        else:
            await self._dashboard(scope, receive, send)

    async def _health(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            detail = f"{scope['method']} is not possible at /healthz. Expected GET. Use GET."
            await send_answer(send, 405, problem_body(405, detail), MEDIA_TYPE, [(b"allow", b"GET, HEAD")])
            return
        store, spool = trouble_item(self._pipeline.trouble), trouble_item(self._spool.trouble)
        state: dict[str, object] = {
            "status": "ok" if store is None and spool is None else "degraded",
            "version": self._version,
        }
        access = access_of(scope)
        if "read" in access.rights and access.workspace is None:
            state |= {
                "spool_bytes": self._spool.held_bytes,
                "pending_bytes": self._unread_bytes(),
                "store_trouble": store,
                "spool_trouble": spool,
                "live_trouble": trouble_item(self._live.trouble),
                "forward_trouble": self._forward_trouble(),
            }
        no_store = [(b"cache-control", b"no-store")]
        is_head = scope["method"] == "HEAD"
        await send_answer(send, 200, msgspec.json.encode(state), "application/json", no_store, is_head=is_head)

    def _named(self, app: App) -> App:
        """The application with the header that tells an SDK whom it talks to."""
        header = (SERVER_HEADER.encode(), self._version.encode())

        async def named(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_named(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message.get("headers", ()), header]
                await send(message)

            await app(scope, receive, send_named)

        return named

    def _bounded(self, app: App) -> App:
        """The application whose faults end here: logged, counted, and answered without a traceback."""

        async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
            has_started = False

            async def send_noting(message: Message) -> None:
                nonlocal has_started
                has_started = has_started or message["type"] in _STARTS
                await send(message)

            try:
                await app(scope, receive, send_noting)
            except Exception as error:
                self._internal_errors += 1
                _log.exception("%s %s failed", scope.get("method"), scope.get("path"))
                if not has_started and scope["type"] == "http":
                    detail = (
                        f"The request could not be answered: {type(error).__name__}. Expected an answer: this is a "
                        "fault of the server. Look into its log and report it."
                    )
                    await send_answer(send, 500, problem_body(500, detail), MEDIA_TYPE)

        return bounded
