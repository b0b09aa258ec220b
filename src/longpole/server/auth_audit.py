"""Who did what: one entry of the audit log for each request that changes something, before it is answered."""

import asyncio
import logging
from collections.abc import Callable
from uuid import uuid4

from longpole.model.clock import now_ns
from longpole.model.workspace import EVERY_WORKSPACE, AuditEntry
from longpole.server.access import SUBJECT_NAME, access_of
from longpole.server.asgi import App, Message, Receive, Scope, Send

_LONGEST_SUBJECT = 300
_TOO_MANY = 429  # who is stopped for asking too often shall not fill the log

_log = logging.getLogger("longpole.audit")

Keep = Callable[[AuditEntry], None]
"""Stores an entry; called in a thread."""


async def run_audited(app: App, deed: str, keep: Keep, scope: Scope, receive: Receive, send: Send) -> None:
    """Run the application for a request and note it before its answer begins, so that who has the answer is noted."""

    async def send_noted(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != _TOO_MANY:
            await _note(entry_of(scope, deed, message["status"]), keep)
        await send(message)

    await app(scope, receive, send_noted)


async def _note(entry: AuditEntry, keep: Keep) -> None:
    try:
        await asyncio.to_thread(keep, entry)
    except Exception as error:  # what was done is done: it is answered all the same
        _log.error("not in the audit log: %s (%s: %s)", entry, type(error).__name__, error)


def entry_of(scope: Scope, deed: str, status: int) -> AuditEntry:
    """The entry of a request that was answered with this status."""
    access = access_of(scope)
    query = scope["query_string"].decode("latin-1")
    asked = f"{scope['path']}{'?' if query else ''}{query}"
    client = scope.get("client")
    return AuditEntry(
        entry_id=uuid4().hex,
        at_ns=now_ns(),
        workspace=EVERY_WORKSPACE if access.workspace is None else access.workspace,
        key_id=access.key_id,
        who=access.who,
        deed=deed,
        subject=str(scope.get(SUBJECT_NAME, asked))[:_LONGEST_SUBJECT],
        address=client[0] if client else None,
        status=status,
    )
