"""The door to a running server: the REST views, read back into the same structs."""

import http.client
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

import msgspec
from msgspec import Struct

from longpole.model.errors import InvalidInput, KeyRefused, LongpoleError, NotFound, ServerUnreachable
from longpole.reports.export.exported_file import ExportedFile
from longpole.reports.key_views import Session
from longpole.reports.question import Question, QuestionOfOne, View
from longpole.reports.views import Coverage, ExecutionPage, ExecutionTree, Overview, Problem, ProcessPage, StepDetail
from longpole.wire.longpole_names import SERVER_HEADER

TIMEOUT_S = 30.0
FILE_TIMEOUT_S = 600.0
"""So long is waited for a part of a file: it may be made of many executions."""

PROBE_TIMEOUT_S = 0.5
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class TroubleNow(Struct):
    """What fails at the server now: since when, how often since, and the last reason."""

    since: str
    failures: int
    reason: str


class Health(Struct):
    """How a server is: what it can do nothing about waits in its spool and is not lost."""

    status: str
    pending_bytes: int = 0
    store_trouble: TroubleNow | None = None
    spool_trouble: TroubleNow | None = None
    live_trouble: TroubleNow | None = None


class HttpDoor:
    """Questions to the server at an address such as `http://127.0.0.1:7667`."""

    def __init__(self, url: str, key: str | None = None, trust: SSLContext | None = None) -> None:
        """Nothing is sent yet.

        Args:
            url: the server's address.
            key: shown with every question.
            trust: how the server's certificate is checked; without it by the authorities of the system.

        Raises:
            InvalidInput: the address is not one of HTTP.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput(
                f"The address {url!r} is not one of a server. Expected http:// or https:// and a host. "
                "Write it like http://127.0.0.1:7667."
            )
        self._url = url.rstrip("/")
        self._opener = _opener(parts.hostname, trust)
        self._shown = {} if key is None else {"authorization": f"Bearer {key}"}

    @property
    def url(self) -> str:
        """The server's address."""
        return self._url

    def executions(self, filters: Sequence[tuple[str, str]]) -> ExecutionPage:
        """`GET /api/executions`."""
        return self._get("/api/executions", filters, ExecutionPage)

    def execution(self, name: str, workspace: str | None) -> ExecutionTree:
        """`GET /api/executions/{id}`."""
        return self._get(f"/api/executions/{quote(name, safe='')}", _scope(workspace), ExecutionTree)

    def step(self, execution: str, step_id: str, workspace: str | None) -> StepDetail:
        """`GET /api/executions/{id}/steps/{step_id}`."""
        path = f"/api/executions/{quote(execution, safe='')}/steps/{quote(step_id, safe='')}"
        return self._get(path, _scope(workspace), StepDetail)

    def coverage(self, execution: str, filters: Sequence[tuple[str, str]]) -> Coverage:
        """`GET /api/executions/{id}/coverage`."""
        return self._get(f"/api/executions/{quote(execution, safe='')}/coverage", filters, Coverage)

    def overview(self, filters: Sequence[tuple[str, str]]) -> Overview:
        """`GET /api/overview`."""
        return self._get("/api/overview", filters, Overview)

    def processes(self, filters: Sequence[tuple[str, str]]) -> ProcessPage:
        """`GET /api/processes`."""
        return self._get("/api/processes", filters, ProcessPage)

    def ask(self, question: Question[View], filters: Sequence[tuple[str, str]]) -> View:
        """The question's REST address."""
        return self._get(question.path, filters, question.view)

    def ask_about(self, execution: str, question: QuestionOfOne[View], filters: Sequence[tuple[str, str]]) -> View:
        """The question's REST address for an execution."""
        return self._get(question.path_of(execution), filters, question.view)

    def is_open(self) -> bool:
        """Whether a Longpole server answers there within half a second."""
        try:
            with self._opener.open(Request(f"{self._url}/healthz"), timeout=PROBE_TIMEOUT_S) as answer:
                return bool(answer.headers.get(SERVER_HEADER))
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def asks_for_key(self) -> bool:
        """Whether the server answers only those who show another key than this door does."""
        try:
            self._get("/api/session", [], Session)
        except KeyRefused:
            return True
        except LongpoleError:
            pass
        return False

    def health(self) -> Health:
        """`GET /healthz`."""
        return self._get("/healthz", [], Health)

    @contextmanager
    def listen(self, path: str, pairs: Sequence[tuple[str, str]], *, timeout_s: float) -> Generator[Iterator[str]]:
        """The lines of an answer that does not end, as they come; `timeout_s` is the longest silence.

        Raises:
            ServerUnreachable, KeyRefused, InvalidInput: as `request`; the former also when the connection breaks.
        """
        address = f"{self._url}{path}?{urlencode(pairs)}"
        headers = {"accept": "text/event-stream", **self._shown}
        try:
            with self._opener.open(Request(address, headers=headers), timeout=timeout_s) as answer:
                yield (line.decode("utf-8", "replace").rstrip("\r\n") for line in answer)
        except HTTPError as error:
            raise _problem(error, self._url) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            raise _no_answer(self._url, error) from None

    def executions_file(self, filters: Sequence[tuple[str, str]]) -> ExportedFile:
        """`GET /api/export/executions`."""
        return self._file("/api/export/executions", filters)

    def execution_file(self, execution: str, filters: Sequence[tuple[str, str]]) -> ExportedFile:
        """`GET /api/executions/{id}/export`."""
        return self._file(f"/api/executions/{quote(execution, safe='')}/export", filters)

    def _file(self, path: str, pairs: Sequence[tuple[str, str]]) -> ExportedFile:
        query = urlencode(pairs)
        request = Request(f"{self._url}{path}{'?' if query else ''}{query}", headers=self._shown)
        try:
            with self._opener.open(request, timeout=FILE_TIMEOUT_S) as answer:
                headers = answer.headers
                return ExportedFile(
                    content=answer.read(),
                    media_type=headers.get("content-type", ""),
                    name=headers.get_filename() or "",
                    rows=int(headers.get("longpole-rows", "0")),
                    has_more=headers.get("longpole-more") == "true",
                )
        except HTTPError as error:
            raise _problem(error, self._url) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            raise _no_answer(self._url, error) from None

    def close(self) -> None:
        """Nothing is held open between two questions."""

    def _get(self, path: str, pairs: Sequence[tuple[str, str]], view: type[View]) -> View:
        return self.request("GET", path, pairs, view)

    def request(
        self,
        method: str,
        path: str,
        pairs: Sequence[tuple[str, str]],
        view: type[View],
        *,
        timeout_s: float = TIMEOUT_S,
        body: bytes | None = None,
    ) -> View:
        """The answer of any REST address; `body` is JSON."""
        query = urlencode(pairs)
        address = f"{self._url}{path}{'?' if query else ''}{query}"
        headers = {"accept": "application/json", **self._shown} | (
            {} if body is None else {"content-type": "application/json"}
        )
        request = Request(address, data=body, method=method, headers=headers)
        try:
            with self._opener.open(request, timeout=timeout_s) as answer:
                return msgspec.json.decode(answer.read(), type=view)
        except HTTPError as error:
            raise _problem(error, self._url) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            raise _no_answer(self._url, error) from None
        except msgspec.MsgspecError as error:
            raise ServerUnreachable(
                f"{self._url}{path} answered something else: {error}. Expected a Longpole server of this version. "
                "Check the address and the server's version."
            ) from None


class _StayHere(HTTPRedirectHandler):
    """Follows no redirection: a server has none, and the key is for it alone."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Nowhere."""


def _opener(host: str, trust: SSLContext | None) -> OpenerDirector:
    # A proxy named in the environment must not see what is asked of this machine.
    own = [ProxyHandler({})] if host in _LOOPBACK else []
    return build_opener(_StayHere, HTTPSHandler(context=trust), *own)


def _no_answer(url: str, error: URLError | http.client.HTTPException | OSError) -> ServerUnreachable:
    reason = error.reason if isinstance(error, URLError) else error
    return ServerUnreachable(
        f"No answer from {url}: {reason}. Expected a running Longpole server. "
        "Start 'longpole serve', or name another address with --url."
    )


def _scope(workspace: str | None) -> list[tuple[str, str]]:
    return [] if workspace is None else [("workspace", workspace)]


def _problem(error: HTTPError, url: str) -> LongpoleError:
    try:
        detail = msgspec.json.decode(error.read(), type=Problem).detail
    except (msgspec.MsgspecError, OSError):
        return ServerUnreachable(
            f"{url} answered {error.code} without saying why. Expected a Longpole server. Check the address."
        )
    if error.code == 401:
        return KeyRefused(detail)
    if error.code == 404:
        return NotFound(detail)
    return InvalidInput(detail) if error.code < 500 else ServerUnreachable(detail)
