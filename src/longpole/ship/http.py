"""OTLP/HTTP with the standard library: one kept-alive connection, gzip, a time limit on everything."""

import codecs
import zlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ssl import SSLContext
from time import time
from urllib.parse import urlsplit

from msgspec import Struct

from longpole.wire.longpole_names import SERVER_HEADER

# Connecting looks this codec up, which imports it. A fork in the middle of that would leave the child without it.
codecs.lookup("idna")

WORTH_GZIP = 1024
LONGEST_WAIT_S = 60.0


class Answer(Struct, frozen=True, kw_only=True):
    """What a server said. `status` 0: nobody answered, and `body` says why."""

    status: int
    body: bytes = b""
    retry_after_s: float | None = None
    is_longpole: bool = False


class Connection:
    """A server at an address. For one thread; reconnects by itself.

    Args:
        endpoint: `http://host:port` or `https://…`, with or without a path before `/v1/traces`.
        timeout_s: limit for connecting and for each answer.
        headers: go with every request.
        packs: whether long bodies are sent with gzip.
        trust: how a server's certificate is checked; without it by the authorities of the system.
    """

    def __init__(
        self,
        endpoint: str,
        timeout_s: float,
        *,
        headers: Mapping[str, str] | None = None,
        packs: bool = True,
        trust: SSLContext | None = None,
    ) -> None:
        parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port
        self._prefix = parts.path.rstrip("/").removesuffix("/v1/traces")
        self._timeout_s = timeout_s
        self._headers = dict(headers or {})
        self._packs = packs
        self._trust = trust
        self._http: HTTPConnection | None = None

    def post(self, path: str, body: bytes) -> Answer:
        """Posts JSON. Never raises for what the network does."""
        headers = {"content-type": "application/json", "user-agent": "longpole", **self._headers}
        if self._packs and len(body) >= WORTH_GZIP:
            packer = zlib.compressobj(1, zlib.DEFLATED, 31)
            body = packer.compress(body) + packer.flush()
            headers["content-encoding"] = "gzip"
        return self._request("POST", path, body, headers)

    def get(self, path: str) -> Answer:
        """Gets a page."""
        return self._request("GET", path, None, self._headers)

    def close(self) -> None:
        """Closes the connection."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _request(self, verb: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        was_connected = self._http is not None
        try:
            return self._try(verb, path, body, headers)
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            # A kept-alive connection that the server has closed meanwhile is no failure; a new one gets its chance.
            if not was_connected or isinstance(error, TimeoutError):
                return Answer(status=0, body=f"{type(error).__name__}: {error}".encode())
        try:
            return self._try(verb, path, body, headers)
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            return Answer(status=0, body=f"{type(error).__name__}: {error}".encode())

    def _try(self, verb: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self._http is None:
            self._http = self._connected()
        self._http.request(verb, self._prefix + path, body=body, headers=headers)
        response = self._http.getresponse()
        content = response.read()
        return Answer(
            status=response.status,
            body=content,
            retry_after_s=_retry_after(response),
            is_longpole=response.getheader(SERVER_HEADER) is not None,
        )

    def _connected(self) -> HTTPConnection:
        if self._is_tls:
            return HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=self._trust)
        return HTTPConnection(self._host, self._port, timeout=self._timeout_s)


def _retry_after(response: HTTPResponse) -> float | None:
    """Seconds to wait as the server asks, from a number or a date (RFC 9110, 10.2.3); at most a minute."""
    text = response.getheader("retry-after")
    if not text:
        return None
    try:
        wait = float(text)
    except ValueError:
        try:
            wait = parsedate_to_datetime(text).timestamp() - time()
        except ValueError:
            return None
    return min(max(wait, 0.0), LONGEST_WAIT_S)
