"""Who may ask while there are no keys: this machine only.

A web page can make a browser send requests to 127.0.0.1, and by rebinding its own name to that address also read the
answers. So without keys a request must be addressed to a loopback name, and must not come from a foreign page.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from longpole.model.errors import RefusedToServe
from longpole.server.asgi import App, Receive, Scope, Send, header_of, send_answer
from longpole.server.problems import MEDIA_TYPE, problem_body


def check_bind(host: str) -> None:
    """Pass if `host` is a loopback address or name.

    Raises:
        RefusedToServe: it is not; anyone who reaches the address could read every prompt.
    """
    if not is_loopback(host):
        raise RefusedToServe(
            f"Refused to listen on {host!r}: without keys anyone who reaches that address could read every prompt. "
            "Expected a loopback address such as 127.0.0.1, localhost or ::1. "
            "Use one, and reach it from other machines through an SSH tunnel or a proxy that checks who asks."
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without port, always means this machine.

    >>> is_loopback("127.8.0.1"), is_loopback("[::1]"), is_loopback("localhost.example.com"), is_loopback("0.0.0.0")
    (True, True, False, False)
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if bare.lower().removesuffix(".") == "localhost":
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False


def guard_loopback(app: App) -> App:
    """The application behind the check of `Host` and `Origin`; what fails it is answered 403."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := _refusal(scope)):
            await send_answer(send, 403, problem_body(403, refusal), MEDIA_TYPE)
        else:
            await app(scope, receive, send)

    return guarded


def _refusal(scope: Scope) -> str | None:
    host = header_of(scope, b"host")
    if not is_loopback(_without_port(host)):
        return (
            f"The request is addressed to {host[:100]!r}. Expected localhost, 127.0.0.1 or [::1]: this server has no "
            "keys and answers only its own machine. Use one of these addresses."
        )
    origin = header_of(scope, b"origin")
    if origin and not _is_loopback_origin(origin):
        return (
            f"The request comes from a page of {origin[:100]!r}. Expected a page of this server: it has no keys, and "
            "any page could else read what is stored. Open the dashboard at the server's own address."
        )
    return None


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    name, _, port = host.rpartition(":")
    return name if name and port.isdecimal() else host


def _is_loopback_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and is_loopback(parts.hostname or "")
    except ValueError:
        return False
