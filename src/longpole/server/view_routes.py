"""`/api/views`: the views of pages that people keep."""

from typing import Annotated

from litestar import Response, delete, get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, Parameter
from msgspec.structs import replace

from longpole.ingest.limits import DEFAULT_WORKSPACE
from longpole.reports.filter_values import WORKSPACE
from longpole.reports.saved_views import NewView, SavedViewItem, SavedViewPage, ViewBook
from longpole.server.access import own_workspace
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, documented, workspace_of

_TAGS = ["views"]
_ONE = documented([WORKSPACE])

ViewName = Annotated[str, Parameter(description="The id of a kept view.")]


def view_routes(book: ViewBook) -> tuple[HTTPRouteHandler, ...]:
    """The routes of kept views."""

    @get("/api/views", operation_class=_ONE, responses=REFUSALS, tags=_TAGS)
    async def get_views(request: Asked) -> Response[SavedViewPage]:
        """All views that were kept."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.views(workspace))

    @put("/api/views", responses=REFUSALS, tags=_TAGS)
    async def put_view(request: Asked, data: JSONBody[NewView]) -> Response[SavedViewItem]:
        """Keep a view; it takes the place of the one of its page with its title."""
        named = None if data.workspace == DEFAULT_WORKSPACE else data.workspace
        given = replace(data, workspace=own_workspace(request.scope, named) or DEFAULT_WORKSPACE)
        return await answer(request, lambda: book.keep(given))

    @delete("/api/views/{view_id:str}", status_code=200, operation_class=_ONE, responses=REFUSALS_OF_ONE, tags=_TAGS)
    async def delete_view(request: Asked, view_id: ViewName) -> Response[SavedViewItem]:
        """Forget a view."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.remove(view_id, workspace))

    return get_views, put_view, delete_view
