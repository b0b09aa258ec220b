"""The dashboard's built files, and the one page that every address of the dashboard begins with."""

import mimetypes
from importlib.resources import files
from pathlib import Path

from longpole.server.asgi import App, Receive, Scope, Send, send_answer
from longpole.server.problems import MEDIA_TYPE, problem_body

_UNBUILT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Longpole</title>
<p>Longpole is running. The dashboard has not been built here: run <code>make setup</code>, or install the wheel.
<p>The answers are at <a href="/api/executions">/api/executions</a> and <a href="/api/overview">/api/overview</a>,
their description at <a href="/schema">/schema</a>; <code>longpole list</code> shows them in a terminal.
"""
# Vite puts a hash into the names of what it builds, so that those files never change.
_FOREVER = b"public, max-age=31536000, immutable"
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]


def dashboard_app(folder: Path | None = None) -> App:
    """An ASGI application for the built files in `folder`, by default those of this package.

    An address that names no file gets `index.html`, so that a link into the dashboard works; one that looks like a
    missing file gets 404.
    """
    root = folder or Path(str(files("longpole.server"))) / "dashboard_files"

    async def dashboard(scope: Scope, receive: Receive, send: Send) -> None:
        is_head = scope["method"] == "HEAD"
        if scope["method"] not in ("GET", "HEAD"):
            detail = f"{scope['method']} is not possible here. Expected GET. Use GET."
            await send_answer(send, 405, problem_body(405, detail), MEDIA_TYPE, [(b"allow", b"GET, HEAD")])
            return
        path: str = scope["path"].lstrip("/")
        file = _file_of(root, path)
        if file is None and "." in path.rpartition("/")[2]:
            detail = f"There is no file {path[:100]!r}. Expected a file of the dashboard. Open the address without it."
            await send_answer(send, 404, problem_body(404, detail), MEDIA_TYPE, is_head=is_head)
            return
        page = file or _file_of(root, "index.html")
        if page is None:
            await send_answer(send, 200, _UNBUILT, "text/html; charset=utf-8", _HEADERS, is_head=is_head)
            return
        kind = mimetypes.guess_type(page.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        caching = _FOREVER if path.startswith("assets/") else b"no-cache"
        headers = [*_HEADERS, (b"cache-control", caching)]
        await send_answer(send, 200, page.read_bytes(), kind, headers, is_head=is_head)

    return dashboard


def _file_of(root: Path, path: str) -> Path | None:
    """The file below `root`, never one outside it."""
    if not path or "\0" in path:
        return None
    file = (root / path).resolve()
    return file if file.is_relative_to(root.resolve()) and file.is_file() else None
