"""`GET /api/ingest`: what came in, what was refused and why, and what waits."""

from collections.abc import Callable, Mapping

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from longpole.ingest.noise import RuleCount
from longpole.ingest.outage import Trouble
from longpole.model.clock import to_rfc3339
from longpole.reports.health_views import NoiseItem, TroubleItem
from longpole.server.answer import Asked, answer


def trouble_item(trouble: Trouble | None) -> TroubleItem | None:
    """The trouble as it is shown."""
    if trouble is None:
        return None
    return TroubleItem(since=to_rfc3339(trouble.since_ns), failures=trouble.failures, reason=trouble.reason)


def noise_items(counts: Mapping[str, RuleCount]) -> list[NoiseItem]:
    """What each rule against noise did, in the order in which they are asked."""
    return [NoiseItem(rule=rule, dropped=count.dropped, folded=count.folded) for rule, count in counts.items()]


class Intake(Struct, kw_only=True):
    """Counts since the server started.

    `accepted` counts spans, log records and data points that were acknowledged; `rejected` those that were not, by
    rule; `refused` whole requests, by status. `duplicates` were sent before and changed nothing. `pending_bytes` wait
    to be read, `spool_bytes` are on disk, `open_spans` in memory. `unreadable` bodies and rows became dead letters,
    and so did `damaged_bytes` of the spool; `dead_letters` are there now, null if the store does not say. `crashed`
    steps were closed because their process fell silent, `sampled_out` groups of traces were not kept by tail sampling.
    `noise` has what each rule against noise took away.
    `store_trouble` tells since when and why the store takes no writes, `spool_trouble` the same of the spool's disk.
    """

    requests: int
    bodies: int
    accepted: dict[str, int]
    rejected: dict[str, int]
    refused: dict[str, int]
    duplicates: int
    replaced: int
    pending_bytes: int
    spool_bytes: int
    open_spans: int
    unreadable: int
    damaged_bytes: int
    dead_letters: int | None
    failed_writes: int
    crashed: int
    sampled_out: int
    noise: list[NoiseItem]
    internal_errors: int
    store_trouble: TroubleItem | None
    spool_trouble: TroubleItem | None


def intake_route(report: Callable[[], Intake]) -> HTTPRouteHandler:
    """The route that answers with what `report` gives."""

    @get("/api/ingest", tags=["server"])
    async def get_ingest(request: Asked) -> Response[Intake]:
        """What came in since the server started, what was refused and why, and what waits."""
        return await answer(request, report)

    return get_ingest
