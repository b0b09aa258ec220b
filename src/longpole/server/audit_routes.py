"""`/api/audit`: what audits found in the code and what it costs; posting findings, and saying what becomes of them."""

from typing import Annotated, TypeVar

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, Parameter
from msgspec import Struct
from msgspec.structs import replace

from longpole.client.audit_book import AuditBook
from longpole.ingest.limits import DEFAULT_WORKSPACE
from longpole.reports.audit_findings import AUDIT_FILTERS
from longpole.reports.audit_views import AuditPost, AuditPosted, AuditReport, AuditStateChange
from longpole.server.access import note_subject, own_workspace
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, answer_of_one, documented

_TAGS = ["audit"]

Body = TypeVar("Body", bound=Struct)
Fingerprint = Annotated[str, Parameter(description="The fingerprint of a finding.")]


def audit_routes(book: AuditBook) -> tuple[HTTPRouteHandler, ...]:
    """The routes of the audit."""

    @get("/api/audit", operation_class=documented(AUDIT_FILTERS), responses=REFUSALS, tags=_TAGS)
    async def get_audit(request: Asked) -> Response[AuditReport]:
        """Places that audits found in the code, with what was measured there: the largest saving first."""
        pairs = list(request.query_params.multi_items())
        return await answer_of_one(request, lambda: book.report(pairs))

    @post("/api/audit/findings", status_code=200, responses=REFUSALS, tags=_TAGS)
    async def post_audit_findings(request: Asked, data: JSONBody[AuditPost]) -> Response[AuditPosted]:
        """Take all that an audit found in a program. What it had before and is not among them is fixed."""
        new = _within(request, data)
        note_subject(request.scope, new.program)
        return await answer(request, lambda: book.post(new))

    @post("/api/audit/findings/{fingerprint:str}", status_code=200, responses=REFUSALS_OF_ONE, tags=_TAGS)
    async def post_audit_state(
        request: Asked, fingerprint: Fingerprint, data: JSONBody[AuditStateChange]
    ) -> Response[AuditPosted]:
        """Say what becomes of a finding: open, accepted or fixed."""
        change = _within(request, data)
        return await answer(request, lambda: book.change(fingerprint, change))

    return get_audit, post_audit_findings, post_audit_state


def _within(request: Asked, data: Body) -> Body:
    """A body in the workspace of the key; one that names none means that."""
    told: str = data.workspace  # pyright: ignore[reportAttributeAccessIssue]
    named = None if told == DEFAULT_WORKSPACE else told
    return replace(data, workspace=own_workspace(request.scope, named) or DEFAULT_WORKSPACE)
