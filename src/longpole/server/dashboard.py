"""The dashboard's files, as an ASGI application: what Vite has built into `dashboard_files`, and nothing else.

All files are read into memory once (half a megabyte), so that an answer is a look-up by name: no request ever becomes
a path of the file system. A build that was made meanwhile is noticed when the first page is asked for again.
"""

import gzip
from pathlib import Path

from msgspec import Struct

from longpole.server.asgi import Receive, Scope, Send, send_answer

FOLDER = Path(__file__).parent / "dashboard_files"

_INDEX = "/index.html"
_HASHED = "/assets/"  # Vite puts a hash of the content into these names
_FOREVER = b"public, max-age=31536000, immutable"
_ASK_AGAIN = b"no-cache"
_SMALLEST_GZIP = 1024

# Our own table: the one of the system differs from machine to machine.
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".png": "image/png",
}

# Styles may be inline, because Mantine writes its variables that way; scripts may not.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = [
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""Sent with every file. By the first a browser loads nothing from another host."""

_NOT_BUILT = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Longpole</title>"
    b"<h1>The dashboard is not built</h1>"
    b"<p>The server runs, and everything it knows is at <a href=/api/overview>/api/overview</a> and "
    b"<a href=/api/executions>/api/executions</a>, or in the terminal with <code>longpole overview</code>.</p>"
    b"<p>From the source: <code>make setup</code> builds the dashboard; then load this page again.</p>"
)


class Asset(Struct, frozen=True):
    """One file, ready to be sent; `gzipped` is absent where packing does not pay."""

    body: bytes
    gzipped: bytes | None
    media_type: str
    cache_control: bytes


class Dashboard:
    """The application. Answers GET and HEAD; a page's own address (`/executions/...`) gets the first page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._assets: dict[str, Asset] = {}
        self._built_ns: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        if scope["method"] not in ("GET", "HEAD"):
            allow = [(b"allow", b"GET, HEAD"), *SECURITY_HEADERS]
            await send_answer(send, 405, b"This address can only be read. Use GET.", "text/plain; charset=utf-8", allow)
            return
        status, asset = self._find(scope["path"])
        packs = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
        body = asset.gzipped if packs and asset.gzipped is not None else asset.body
        headers = [(b"cache-control", asset.cache_control), (b"vary", b"accept-encoding"), *SECURITY_HEADERS]
        if body is not asset.body:
            headers.append((b"content-encoding", b"gzip"))
        await send_answer(send, status, body, asset.media_type, headers, is_head=scope["method"] == "HEAD")

    def _find(self, path: str) -> tuple[int, Asset]:
        """The file of this very name; for the address of a page the first page; for a missing file a 404."""
        asset = self._assets.get(path)
        if asset is not None and path.startswith(_HASHED):
            return 200, asset
        self._load_if_built_again()
        index = self._assets.get(_INDEX)
        if index is None:
            return 404, Asset(_NOT_BUILT, None, "text/html; charset=utf-8", b"no-store")
        asset = self._assets.get(path)
        if asset is not None:
            return 200, asset
        is_file = path.startswith(_HASHED) or "." in path.rsplit("/", 1)[-1]
        if is_file and not path.startswith("/executions/"):
            return 404, Asset(b"There is no such file.", None, "text/plain; charset=utf-8", b"no-store")
        return 200, index

    def _load_if_built_again(self) -> None:
        try:
            built_ns = (self._folder / _INDEX[1:]).stat().st_mtime_ns
        except OSError:
            self._assets, self._built_ns = {}, None
            return
        if built_ns != self._built_ns:
            self._assets = load_assets(self._folder)
            self._built_ns = built_ns


def load_assets(folder: Path) -> dict[str, Asset]:
    """Every file below a folder by its address, links left out; empty if there is no such folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {f"/{path.relative_to(folder).as_posix()}": _asset(path, folder) for path in files}


def _asset(path: Path, folder: Path) -> Asset:
    body = path.read_bytes()
    media_type = _MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    is_text = "charset" in media_type
    is_hashed = f"/{path.relative_to(folder).as_posix()}".startswith(_HASHED)
    return Asset(
        body=body,
        gzipped=gzip.compress(body, 9, mtime=0) if is_text and len(body) >= _SMALLEST_GZIP else None,
        media_type=media_type,
        cache_control=_FOREVER if is_hashed else _ASK_AGAIN,
    )


def dashboard_app(folder: Path = FOLDER) -> Dashboard:
    """The dashboard as built into `folder`; without a build it says so in words."""
    return Dashboard(folder)
