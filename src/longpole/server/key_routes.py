"""`/api/keys`, `/api/workspaces`, `/api/audit-log` and `/api/session`: who may do what, and who did."""

from typing import Annotated

from litestar import Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, Parameter
from msgspec.structs import replace

from longpole.client.key_book import KeyBook
from longpole.model.workspace import RIGHTS, Right
from longpole.reports.filter_values import WORKSPACE
from longpole.reports.key_views import AuditPage, KeyItem, KeyPage, MadeKey, NewKey, Session, WorkspacePage
from longpole.reports.keys import AUDIT_FILTERS
from longpole.server.access import access_of, note_subject, own_workspace
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, documented, workspace_of
from longpole.server.auth_shown import shown_key

_TAGS = ["keys"]

KeyName = Annotated[str, Parameter(description="The id of a key.")]


def key_routes(book: KeyBook) -> tuple[HTTPRouteHandler, ...]:
    """The routes of keys and of who did what."""
    shown = documented([WORKSPACE])

    @get("/api/keys", operation_class=shown, responses=REFUSALS, tags=_TAGS)
    async def get_keys(request: Asked) -> Response[KeyPage]:
        """All keys, without the keys themselves."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.keys(workspace))

    @post("/api/keys", status_code=201, responses=REFUSALS_OF_ONE, tags=_TAGS)
    async def post_key(request: Asked, data: JSONBody[NewKey]) -> Response[MadeKey]:
        """Make a key. The answer has the key itself; nobody can tell it again."""
        new = replace(data, workspace=own_workspace(request.scope, data.workspace))

        def make() -> MadeKey:
            made = book.create(new)
            note_subject(request.scope, made.item.key_id)
            return made

        return await answer(request, make, status=201)

    @delete("/api/keys/{key_id:str}", status_code=200, operation_class=shown, responses=REFUSALS_OF_ONE, tags=_TAGS)
    async def revoke_key(request: Asked, key_id: KeyName) -> Response[KeyItem]:
        """Revoke a key. It and the sessions that it opened open nothing any more."""
        workspace = workspace_of(request)
        note_subject(request.scope, key_id)
        return await answer(request, lambda: book.revoke(key_id, workspace))

    @get("/api/workspaces", operation_class=shown, responses=REFUSALS, tags=_TAGS)
    async def get_workspaces(request: Asked) -> Response[WorkspacePage]:
        """The workspaces that have a title or a key."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.workspaces(workspace))

    @get("/api/audit-log", operation_class=documented(AUDIT_FILTERS), responses=REFUSALS, tags=_TAGS)
    async def get_audit_log(request: Asked) -> Response[AuditPage]:
        """Who changed what, the newest first."""
        pairs = list(request.query_params.multi_items())
        return await answer(request, lambda: book.audit_log(pairs))

    @get("/api/session", tags=_TAGS)
    async def get_session(request: Asked) -> Response[Session]:
        """Who is asking, and what that key opens."""
        access = access_of(request.scope)
        rights: list[Right] = [right for right in RIGHTS if right in access.rights]
        shown = shown_key(dict(request.scope["headers"]))
        session = Session(
            key_id=access.key_id,
            title=access.who,
            workspace=access.workspace,
            rights=rights,
            is_login=access.key_id is not None and shown is not None and shown.is_cookie,
        )
        return await answer(request, lambda: session)

    return get_keys, post_key, revoke_key, get_workspaces, get_audit_log, get_session
