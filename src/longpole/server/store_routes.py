"""`GET /api/store`: what the store holds; `DELETE /api/executions`: what is to be forgotten."""

from litestar import Response, delete, get
from litestar.handlers import HTTPRouteHandler
from msgspec.structs import replace

from longpole.client.store_care import StoreCare
from longpole.ingest.deletion import delete_meant
from longpole.ingest.pipeline import Pipeline
from longpole.ingest.spool import Spool
from longpole.model.clock import MINUTE_NS
from longpole.reports.filters import DELETION_FILTERS, ONE_DELETION_FILTERS
from longpole.reports.store_state import store_state
from longpole.reports.store_views import Deletion, ServerSetting, SpoolState, StoreState
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, documented
from longpole.server.jobs import Jobs
from longpole.server.routes import ExecutionName
from longpole.settings import Settings
from longpole.store.engine import Engine

TOLD = (
    "retention_days",
    "retention_bodies_days",
    "retention_rollups_days",
    "retention_audit_days",
    "store_limit_bytes",
    "slow_operation_ms",
    "critical_operation_ms",
    "sql_row_limit",
    "sql_timeout_ms",
)
"""Settings that people look for on the page of settings."""


def served_care(store: Engine, spool: Spool, pipeline: Pipeline, jobs: Jobs, settings: Settings) -> StoreCare:
    """The care of the store of a running server."""
    told = [ServerSetting(name=name, value=getattr(settings, name)) for name in TOLD]
    width_ns = settings.rollup_interval_minutes * MINUTE_NS

    def state() -> StoreState:
        waiting = SpoolState(held_bytes=spool.held_bytes, pending_bytes=spool.unread_bytes(pipeline.position))
        found = store_state(store, limit_bytes=settings.store_limit_bytes, spool=waiting, jobs=jobs.state())
        return replace(found, settings=told)

    return StoreCare(store, state=state, delete=lambda meant: delete_meant(store, pipeline, meant, width_ns=width_ns))


def store_routes(care: StoreCare) -> tuple[HTTPRouteHandler, ...]:
    """The routes of looking after the store."""

    @get("/api/store", tags=["server"])
    async def get_store(request: Asked) -> Response[StoreState]:
        """What the store holds by table, what waits in the spool, and how the jobs stand."""
        return await answer(request, care.state)

    @delete(
        "/api/executions",
        status_code=200,
        operation_class=documented(DELETION_FILTERS),
        responses=REFUSALS,
        tags=["executions"],
    )
    async def delete_executions(request: Asked) -> Response[Deletion]:
        """Delete the executions of a session, of a user or from before a time, each with its whole tree, for good."""
        pairs = list(request.query_params.multi_items())
        return await answer(request, lambda: care.delete(pairs))

    @delete(
        "/api/executions/{execution_id:str}",
        status_code=200,
        operation_class=documented(ONE_DELETION_FILTERS),
        responses=REFUSALS_OF_ONE,
        tags=["executions"],
    )
    async def delete_execution(request: Asked, execution_id: ExecutionName) -> Response[Deletion]:
        """Delete an execution with the whole tree that it belongs to, for good."""
        pairs = list(request.query_params.multi_items())
        return await answer(request, lambda: care.delete_one(execution_id, pairs))

    return get_store, delete_executions, delete_execution
