"""The doors of the server's own health: `/metrics` and `/readyz` for machines, `/api/health` for people."""

from collections.abc import Callable

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from longpole.reports.health_views import ServerHealth
from longpole.server.access import Access, access_of
from longpole.server.answer import Asked, answer
from longpole.server.asgi import App, Receive, Scope, Send, header_of, send_answer
from longpole.server.health import Watch
from longpole.server.metrics import MetricsPage
from longpole.server.problems import MEDIA_TYPE, problem_body

_NO_STORE = [(b"cache-control", b"no-store")]


def health_route(health: Callable[[Access], ServerHealth]) -> HTTPRouteHandler:
    """The route that answers with what `health` gives."""

    @get("/api/health", tags=["server"])
    async def get_health(request: Asked) -> Response[ServerHealth]:
        """How the server is, in words first: what it took and refused, what is missing by program, how long it takes.

        Who may see one workspace is told of its programs only.
        """
        access = access_of(request.scope)
        return await answer(request, lambda: health(access))

    return get_health


def machine_doors(watch: Watch) -> dict[str, App]:
    """`/metrics` and `/readyz` by their paths. They need neither the store nor a thread that others may hold."""
    page = MetricsPage(watch.measures)

    async def metrics(scope: Scope, _receive: Receive, send: Send) -> None:
        access = access_of(scope)
        if access.workspace is not None or not access.rights & {"read", "admin"}:
            detail = (
                "These figures are of the whole server, and the key is not. Expected a key of all workspaces with the "
                "right to read. Use one of those."
            )
            await send_answer(send, 403, problem_body(403, detail), MEDIA_TYPE)
            return
        body, content_type = await page.made(header_of(scope, b"accept"))
        await send_answer(send, 200, body, content_type, _NO_STORE, is_head=scope["method"] == "HEAD")

    async def readiness(scope: Scope, _receive: Receive, send: Send) -> None:
        state = watch.readiness()
        if "read" not in access_of(scope).rights:  # why, is not for everybody
            state.reasons.clear()
        body, is_head = msgspec.json.encode(state), scope["method"] == "HEAD"
        await send_answer(send, 200 if state.ready else 503, body, "application/json", _NO_STORE, is_head=is_head)

    return {"/metrics": _only_get(metrics), "/readyz": _only_get(readiness)}


def _only_get(door: App) -> App:
    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            await door(scope, receive, send)
            return
        detail = f"{scope['method']} is not possible at {scope['path']}. Expected GET. Use GET."
        await send_answer(send, 405, problem_body(405, detail), MEDIA_TYPE, [(b"allow", b"GET, HEAD")])

    return checked
