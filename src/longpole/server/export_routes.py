"""`/api/export/executions` and `/api/executions/ID/export`: what the dashboard shows, as files for other programs."""

from litestar import Response, get

from longpole.reports.export.executions_file import EXPORT_FILTERS, MEDIA_TYPES, executions_file
from longpole.reports.export.one_execution_file import ENDINGS, EXPORT_OF_ONE_FILTERS, execution_file
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer_file, documented
from longpole.server.routes import ExecutionName, Store


@get(
    "/api/export/executions",
    operation_class=documented(EXPORT_FILTERS, files=MEDIA_TYPES.values()),
    responses=REFUSALS,
    tags=["executions"],
)
async def get_executions_file(request: Asked, store: Store) -> Response[bytes]:
    """The executions that match, as a file. The header `longpole-rows` counts them, `longpole-more` says whether there
    are others."""
    pairs = list(request.query_params.multi_items())
    return await answer_file(lambda: executions_file(store, pairs))


@get(
    "/api/executions/{execution_id:str}/export",
    operation_class=documented(EXPORT_OF_ONE_FILTERS, files=sorted({media_type for _, media_type in ENDINGS.values()})),
    responses=REFUSALS_OF_ONE,
    tags=["executions"],
)
async def get_execution_file(request: Asked, store: Store, execution_id: ExecutionName) -> Response[bytes]:
    """One execution with everything below it, as a file."""
    pairs = list(request.query_params.multi_items())
    return await answer_file(lambda: execution_file(store, execution_id, pairs))
