"""The REST application: routes, errors and OpenAPI in one place, ready to be mounted beside the raw OTLP door."""

from collections.abc import Iterable
from importlib.metadata import version

from litestar import Litestar, Response, route
from litestar.di import Provide
from litestar.enums import HttpMethod, MediaType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler

from longpole.model.errors import LongpoleError
from longpole.server.export_routes import get_execution_file, get_executions_file
from longpole.server.problems import answer_http_error, answer_longpole_error, answer_unexpected_error
from longpole.server.question_routes import QUESTION_ROUTES
from longpole.server.routes import (
    get_coverage,
    get_execution,
    get_executions,
    get_overview,
    get_processes,
    get_scores,
    get_step,
)
from longpole.store.engine import Engine

PREFIXES = ("/api/", "/schema")
"""Beginnings of the paths that this application answers."""

_DESCRIPTION = (
    "What agents did and where their time and money went. Durations are nanoseconds, times RFC 3339 in UTC, "
    "null is unknown. Every error is problem details."
)


def api_app(store: Engine, *, more_routes: tuple[ControllerRouterHandler, ...] = ()) -> Litestar:
    """The ASGI application that answers `/api/...` and `/schema` from a store.

    Every error is problem details. It starts and stops nothing: the store belongs to the caller.
    """
    routes = (
        get_executions,
        get_executions_file,
        get_execution_file,
        get_execution,
        get_step,
        get_coverage,
        get_overview,
        get_scores,
        get_processes,
        *QUESTION_ROUTES,
        *more_routes,
    )
    return Litestar(
        route_handlers=[*_options(routes), *routes],
        dependencies={"store": Provide(lambda: store, use_cache=True, sync_to_thread=False)},
        exception_handlers={
            LongpoleError: answer_longpole_error,
            HTTPException: answer_http_error,
            Exception: answer_unexpected_error,
        },
        openapi_config=OpenAPIConfig(
            title="Longpole",
            version=version("longpole"),
            description=_DESCRIPTION,
            path="/schema",
            use_handler_docstrings=True,
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"], media_type=MediaType.JSON)],
        ),
        logging_config=None,
        debug=False,
    )


def _options(routes: Iterable[ControllerRouterHandler]) -> list[HTTPRouteHandler]:
    """An answer to OPTIONS for each address. Litestar's own names the methods of its first handler only."""
    methods: dict[str, set[str]] = {}
    for handler in routes:
        if isinstance(handler, HTTPRouteHandler):
            for path in handler.paths:
                methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)
    return [_tell_methods(path, ", ".join(sorted(found))) for path, found in methods.items()]


def _tell_methods(path: str, methods: str) -> HTTPRouteHandler:
    async def tell() -> Response[None]:
        return Response(None, headers={"allow": methods})

    return route(path, http_method=HttpMethod.OPTIONS, status_code=204, include_in_schema=False)(tell)
