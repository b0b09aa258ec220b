"""`POST /api/sql`: one SELECT of a person over the store, which can change nothing and reach nothing else."""

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from longpole.reports.sql_answer import SqlAnswer, SqlBody, SqlDesk
from longpole.reports.views import Problem
from longpole.server.access import access_of
from longpole.server.answer import REFUSALS, Asked, answer
from longpole.server.problems import MEDIA_TYPE
from longpole.settings import Settings
from longpole.store.engine import Engine

_CLOSED = ResponseSpec(Problem, generate_examples=False, media_type=MEDIA_TYPE, description="Not for this key")


def sql_desk(store: Engine, settings: Settings) -> SqlDesk:
    """The desk with the limits of the settings."""
    return SqlDesk(store, timeout_s=settings.sql_timeout_ms / 1000, row_limit=settings.sql_row_limit)


def sql_routes(desk: SqlDesk) -> tuple[HTTPRouteHandler, ...]:
    """The route of SQL."""

    @post("/api/sql", status_code=200, responses=REFUSALS | {403: _CLOSED}, tags=["server"])
    async def post_sql(request: Asked, data: JSONBody[SqlBody]) -> Response[SqlAnswer]:
        """Ask one SELECT. Where the database cannot keep workspaces apart, only the server's administrator may."""
        access = access_of(request.scope)
        is_admin = "admin" in access.rights
        return await answer(request, lambda: desk.answer(data, workspace=access.workspace, is_admin=is_admin))

    return (post_sql,)
