"""The page to log in with a key, and the way out again.

A session is a key of its own, which the browser gets in a cookie that no script can read. It opens what the key opens
that somebody logged in with, ends twelve hours later, and ends with that key. Kept like any key, it holds on every
server of a shared database, and the store does not tell it to anybody.
"""

import asyncio
import html
from collections.abc import Callable, Iterable
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.errors import LongpoleError
from longpole.model.key_text import hash_of, id_in, make_key
from longpole.model.workspace import EVERY_WORKSPACE, RIGHTS, AccessKey
from longpole.server.access import SCOPE_NAME, SUBJECT_NAME, access_of
from longpole.server.asgi import App, Header, Receive, Scope, Send, header_of, send_answer
from longpole.server.auth_keys import KeyRing, KnownKey
from longpole.server.auth_limits import Allowance
from longpole.server.auth_shown import COOKIE, cookie_of
from longpole.server.dashboard import FOLDER as DASHBOARD
from longpole.server.problems import MEDIA_TYPE, problem_body

SESSION_S = 12 * 3600
ATTEMPTS_PER_S, ATTEMPTS_AT_ONCE = 0.2, 10
_MOST_ADDRESSES = 10_000
_LARGEST_FORM = 4096
_FOLDER = Path(__file__).parent / "login_files"
_HTML = "text/html; charset=utf-8"
_TYPES = {"login.css": "text/css; charset=utf-8", "login.js": "text/javascript; charset=utf-8"}
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: list[Header] = [
    (b"content-security-policy", _POLICY),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


class LoginDoor:
    """Answers `/login`, what is below it, and `/logout`; the application behind it answers the rest."""

    def __init__(
        self, app: App, ring: KeyRing, write: Callable[[Batch], None], now: Callable[[], int] = now_ns
    ) -> None:
        self._app = app
        self._ring = ring
        self._write = write
        self._now = now
        self._allowances: dict[str, Allowance] = {}
        self._page = Template((_FOLDER / "login.html").read_text(encoding="utf-8"))
        self._files = {name: (_FOLDER / name).read_bytes() for name in _TYPES}
        style = Template(self._files["login.css"].decode())
        self._files["login.css"] = style.safe_substitute(font=_font()).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        path = scope["path"]
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif path == "/logout":
            await self._log_out(scope, send)
        elif path == "/login":
            await (self._log_in(scope, receive, send) if scope["method"] == "POST" else self._show(scope, send))
        elif path == "/login/session":
            is_open = b"true" if "read" in access_of(scope).rights else b"false"
            await send_answer(send, 200, is_open, "application/json", _HEADERS, is_head=scope["method"] == "HEAD")
        elif path.startswith("/login/"):
            await self._send_file(scope, send, path.removeprefix("/login/"))
        else:
            await self._app(scope, receive, send)

    async def _show(self, scope: Scope, send: Send) -> None:
        given = parse_qs(scope["query_string"].decode("latin-1"))
        to = _own_page(given.get("next", [""])[0])
        if not self._ring.are_needed:
            await _lead(send, to)
            return
        await self._send_page(send, 200, to, is_head=scope["method"] == "HEAD")

    async def _send_page(self, send: Send, status: int, to: str, trouble: str = "", *, is_head: bool = False) -> None:
        said = f'<p class="trouble" role="alert">{html.escape(trouble)}</p>' if trouble else ""
        page = self._page.safe_substitute(next=html.escape(to), trouble=said).encode()
        await send_answer(send, status, page, _HTML, _HEADERS, is_head=is_head)

    async def _send_file(self, scope: Scope, send: Send, name: str) -> None:
        if name in self._files:
            await send_answer(send, 200, self._files[name], _TYPES[name], _HEADERS, is_head=scope["method"] == "HEAD")
        else:
            await send_answer(send, 404, b"There is no such file.", "text/plain; charset=utf-8", _HEADERS)

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[SUBJECT_NAME] = "dashboard"
        form = parse_qs(await _form(receive))
        to = _own_page(form.get("next", [""])[0])
        wait_s = self._allowance(scope).take()
        if wait_s:
            await self._send_page(send, 429, to, "Too many keys were tried from here. Wait a minute, then try again.")
            return
        known = self._ring.find(form.get("key", [""])[0].strip())
        trouble = self._trouble(known)
        if known is None or trouble is not None:
            await self._send_page(send, 401, to, trouble or "")
            return
        scope[SCOPE_NAME] = known.access
        try:
            session = await asyncio.to_thread(self._open, known)
        except LongpoleError:
            await self._send_page(send, 503, to, "The server cannot note the login now. Try again in a moment.")
            return
        await _lead(send, to, _cookie(scope, session, SESSION_S))

    def _trouble(self, known: KnownKey | None) -> str | None:
        if known is None or known.opened_by is not None:
            return "This is no key of this server. Check that you have all of it."
        ended = self._ring.trouble(known)
        if ended is None and "read" not in known.access.rights:
            return "This key sends, and reads nothing. Log in with one that has the right read."
        return ended

    def _open(self, opener: KnownKey) -> str:
        """A new session of a key, stored; those that have ended go."""
        now, access = self._now(), opener.access
        key_id, key = make_key()
        row = AccessKey(
            key_id=key_id,
            workspace=EVERY_WORKSPACE if access.workspace is None else access.workspace,
            key_hash=hash_of(key),
            scope=" ".join(right for right in RIGHTS if right in access.rights),
            title=access.who,
            created_ns=now,
            expires_ns=now + SESSION_S * 10**9,
            opened_by=access.key_id,
        )
        self._write(Batch(records=[row], removed=[*self._ring.ended_sessions()]))
        self._ring.reload()
        return key

    async def _log_out(self, scope: Scope, send: Send) -> None:
        if scope["method"] != "POST":
            detail = f"{scope['method']} is not possible at /logout. Expected POST. Use POST."
            await send_answer(send, 405, problem_body(405, detail), MEDIA_TYPE, [(b"allow", b"POST")])
            return
        scope[SUBJECT_NAME] = "dashboard"
        session = cookie_of(header_of(scope, b"cookie"))
        if session is not None and access_of(scope).key_id is not None:
            await asyncio.to_thread(self._close, session)
        await _lead(send, "/login", _cookie(scope, "", 0))

    def _close(self, session: str) -> None:
        rows = [row for row in self._ring.sessions() if row.key_id == id_in(session)]
        self._write(Batch(removed=[*rows]))
        self._ring.reload()

    def _allowance(self, scope: Scope) -> Allowance:
        client = scope.get("client")
        address = str(client[0]) if client else ""
        if len(self._allowances) > _MOST_ADDRESSES:
            self._allowances.clear()
        return self._allowances.setdefault(address, Allowance(ATTEMPTS_PER_S, ATTEMPTS_AT_ONCE))


async def _lead(send: Send, to: str, *headers: Header) -> None:
    own: Iterable[Header] = [(b"location", to.encode("ascii", "ignore")), (b"cache-control", b"no-store"), *headers]
    await send_answer(send, 303, b"", "text/plain; charset=utf-8", own)


async def _form(receive: Receive) -> str:
    """The body of a form; of a longer one its beginning, which holds no key then."""
    body = b""
    is_more = True
    while is_more and len(body) <= _LARGEST_FORM:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    return body[:_LARGEST_FORM].decode("latin-1")


def _own_page(asked: str) -> str:
    """Where to go on: a path of this server, never another's address."""
    is_own = asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable() and asked.isascii()
    return asked if is_own else "/"


def _cookie(scope: Scope, session: str, seconds: int) -> Header:
    secure = "; Secure" if scope["scheme"] == "https" else ""
    value = f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    return b"set-cookie", value.encode()


def _font() -> str:
    """The dashboard's own font, whose name has a hash in it."""
    found = next(DASHBOARD.glob("assets/inter-*.woff2"), None)
    return f"/assets/{found.name}" if found else "/assets/inter.woff2"
