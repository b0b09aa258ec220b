"""The guard in front of all doors: who may ask what. It leaves an `Access` in the scope of what it lets through.

While there are no keys, the server answers its own machine and nobody else. As soon as there is one, every request must
show a key, in a header or in the cookie of a session, and `auth_rules` says what it must open.
"""

import asyncio
from collections.abc import Mapping
from math import ceil
from urllib.parse import parse_qsl, quote, urlencode

from longpole.model.errors import RefusedToServe
from longpole.server.access import EVERYTHING, NOBODY, SCOPE_NAME, Access, foreign_workspace
from longpole.server.asgi import App, Header, Message, Receive, Scope, Send, send_answer
from longpole.server.auth_audit import Keep, run_audited
from longpole.server.auth_keys import KeyRing, KnownKey
from longpole.server.auth_limits import Allowance
from longpole.server.auth_places import Places, is_same_origin
from longpole.server.auth_rules import CLOSED, PAGE, Rule, rule_of
from longpole.server.auth_shown import Shown, shown_key
from longpole.server.problems import MEDIA_TYPE, problem_body

REQUESTS_PER_S = 1000
ONLY_HERE = Places()
KEY_ENDED_CODE = 4401
"""Closes a WebSocket whose key was revoked or has expired."""

_READING = ("GET", "HEAD")
_CHALLENGE: Header = (b"www-authenticate", b'Bearer realm="longpole"')
_NO_STORE: Header = (b"cache-control", b"no-store")
_HOW_TO_SHOW = "Send it as 'Authorization: Bearer lp_...': LONGPOLE_API_KEY sets it for Longpole's own programs"


def check_bind(host: str, *, is_public: bool, has_keys: bool) -> None:
    """Pass if it is safe to listen on `host`: nobody but this machine gets there, or there are keys.

    Raises:
        RefusedToServe: anyone who reaches the address could read every prompt.
    """
    if is_public and not has_keys:
        raise RefusedToServe(
            f"Refused to listen on {host!r}: there is no key, so anyone who reaches that address could read every "
            "prompt. Expected a key, or a loopback address such as 127.0.0.1 and no `forwarded_from`. Make a key with "
            "'longpole keys create me --rights admin --every-workspace', or start with --create-admin-key, which "
            "prints one."
        )


class Guard:
    """The application behind the checks. What fails them is answered here."""

    def __init__(
        self,
        app: App,
        ring: KeyRing | None = None,
        *,
        places: Places = ONLY_HERE,
        keep: Keep | None = None,
        requests_per_s: float = REQUESTS_PER_S,
    ) -> None:
        """A guard; without `ring` no key is ever needed.

        Args:
            app: what is behind it.
            ring: the keys.
            places: under which names the server may be addressed.
            keep: stores an entry of the audit log.
            requests_per_s: how many requests each key has in a second.
        """
        self._app = app
        self._ring = ring
        self._places = places
        self._keep = keep
        self._requests_per_s = requests_per_s
        self._allowances: dict[str, Allowance] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request or WebSocket through, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        method = scope.get("method", "GET")
        rule = rule_of(method, scope["path"])
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            access = await self._examine(scope, headers, method, rule)
        except _RefusedError as refusal:
            await _refuse(
                scope, send, refusal, leads_to_login=rule is PAGE and b"text/html" in headers.get(b"accept", b"")
            )
            return
        scope[SCOPE_NAME] = access
        if rule.stays_open and self._ring is not None and access.key_id is not None:
            send = _while_it_holds(self._ring, shown_key(headers), scope, send)
        deed = rule.deed or (f"{method} unlisted" if rule is CLOSED and method not in _READING else None)
        if deed is None or self._keep is None:
            await self._app(scope, receive, send)
        else:
            await run_audited(self._app, deed, self._keep, scope, receive, send)

    async def _examine(self, scope: Scope, headers: Mapping[bytes, bytes], method: str, rule: Rule) -> Access:
        needed = self._ring is not None and self._ring.are_needed
        reason = self._places.foreign_host(headers, are_keys_needed=needed)
        reason = reason or self._places.foreign_page(scope, headers, are_keys_needed=needed)
        if reason is not None:
            raise _RefusedError(403, reason)
        if self._ring is None or not needed:
            return EVERYTHING
        shown = shown_key(headers)
        if not rule.rights:
            _check_same_page(scope, headers, method, shown)
            return self._if_any(shown)
        known = await self._who(self._ring, shown)
        self._check_right(known.access, rule)
        self._check_rate(known)
        _check_same_page(scope, headers, method, shown)
        if rule.reach in ("named", "decided") and known.access.workspace is not None:
            refuses = rule.reach == "named"
            scope["query_string"] = _query_within(scope["query_string"], known.access.workspace, refuses=refuses)
        return known.access

    def _if_any(self, shown: Shown | None) -> Access:
        """What the key opens that is shown where none is needed."""
        if self._ring is None or shown is None:
            return NOBODY
        known = self._ring.find(shown.key)
        return NOBODY if known is None or self._ring.trouble(known) else known.access

    async def _who(self, ring: KeyRing, shown: Shown | None) -> KnownKey:
        if shown is None:
            raise _RefusedError(401, f"No key was shown. Expected one: this server asks for it. {_HOW_TO_SHOW}.")
        known = ring.find(shown.key)
        if known is None and ring.may_be_late:
            await asyncio.to_thread(ring.catch_up)
            known = ring.find(shown.key)
        if known is None:
            raise _RefusedError(
                401, f"The key that was shown is none of this server. Expected one of its keys. {_HOW_TO_SHOW}."
            )
        trouble = ring.trouble(known)
        if trouble is not None:
            raise _RefusedError(401, f"{trouble} Expected a key that holds. Ask for another one.")
        return known

    def _check_right(self, access: Access, rule: Rule) -> None:
        if access.rights.isdisjoint(rule.rights):
            has = " and ".join(sorted(access.rights)) or "nothing"
            needed = " or ".join(rule.rights)
            raise _RefusedError(
                403, f"The key {access.key_id} opens {has}. Expected the right {needed}. Use a key that has it."
            )
        if rule.reach == "server" and access.workspace is not None:
            raise _RefusedError(
                403,
                f"The key {access.key_id} is of the workspace {access.workspace!r}. Expected a key of the whole "
                "server: what is asked for belongs to no workspace. Use a key that was made with --every-workspace.",
            )

    def _check_rate(self, known: KnownKey) -> None:
        key_id = str(known.access.key_id)
        allowance = self._allowances.get(key_id)
        if allowance is None:
            allowance = self._allowances[key_id] = Allowance(self._requests_per_s)
        wait_s = allowance.take()
        if wait_s:
            raise _RefusedError(
                429,
                f"The key {key_id} sent more than {self._requests_per_s:g} requests a second. Expected fewer. "
                "Send the same again a little later, or raise the setting `requests_per_second`.",
                (b"retry-after", str(ceil(wait_s)).encode()),
            )


def _check_same_page(scope: Scope, headers: Mapping[bytes, bytes], method: str, shown: Shown | None) -> None:
    """A browser sends a cookie by itself: what changes something, or stays open, must come from a page of this server.

    All browsers say where such a request comes from (Fetch Standard, "append a request Origin header").
    """
    if shown is None or not shown.is_cookie or (scope["type"] == "http" and method in _READING):
        return
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not (origin and is_same_origin(scope, headers, origin)):
        raise _RefusedError(
            403,
            f"The request comes with a session from {origin[:100] or 'nowhere'!r}. Expected a page of this server. "
            "Use the dashboard, or show a key in a header.",
        )


def _query_within(query: bytes, workspace: str, *, refuses: bool) -> bytes:
    """The query of a request that sees one workspace only."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    named = [text for name, text in pairs if name == "workspace" and text not in ("", workspace)]
    if named and refuses:
        raise _RefusedError(404, str(foreign_workspace(named[0])))
    kept = [(name, text) for name, text in pairs if name != "workspace"]
    return urlencode([*kept, ("workspace", workspace)]).encode()


async def _refuse(scope: Scope, send: Send, refusal: "_RefusedError", *, leads_to_login: bool) -> None:
    """Say it in problem details; a person who opens a page is led to the login instead."""
    if refusal.status == 401 and leads_to_login:
        query = scope["query_string"].decode("latin-1")
        asked = quote(f"{scope['path']}{'?' if query else ''}{query}", safe="")
        to = "/login" if asked == "%2F" else f"/login?next={asked}"
        await send_answer(send, 303, b"", "text/plain", [(b"location", to.encode()), _NO_STORE])
        return
    more = [_NO_STORE, *refusal.headers]
    if refusal.status == 401:
        more.append(_CHALLENGE)
    body = problem_body(refusal.status, str(refusal))
    if scope["type"] == "http":
        is_head = scope["method"] == "HEAD"
        await send_answer(send, refusal.status, body, MEDIA_TYPE, more, is_head=is_head)
    elif "websocket.http.response" in scope.get("extensions", {}):
        head = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode()), *more]
        await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": head})
        await send({"type": "websocket.http.response.body", "body": body})
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": str(refusal)[:120]})


def _while_it_holds(ring: KeyRing, shown: Shown | None, scope: Scope, send: Send) -> Send:
    """Sending that ends when the key does: it may be revoked while a connection stays open."""
    has_ended = False

    async def send_or_end(message: Message) -> None:
        nonlocal has_ended
        if has_ended:
            return
        has_ended = shown is None or not ring.holds(shown.key)
        if not has_ended:
            await send(message)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": KEY_ENDED_CODE, "reason": "the key ended"})
        else:
            await send({"type": "http.response.body", "body": b""})

    return send_or_end


class _RefusedError(Exception):
    """Why a request is not let through: a status, a sentence, headers."""

    def __init__(self, status: int, detail: str, *headers: Header) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers
