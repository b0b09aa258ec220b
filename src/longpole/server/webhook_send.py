"""Sends one event to an address: signed, to the very host that was checked, and nowhere else."""

import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from longpole.alerting.targets import is_public, resolved
from longpole.model.errors import InvalidInput

TIMEOUT_S = 10.0
SIGNATURE_HEADER = "Longpole-Signature"
_MOST_READ = 4_096

Resolve = Callable[[str], Sequence[str]]
"""The addresses of a host."""


class WebhookPolicy(Struct, frozen=True):
    """Which schemes are taken, and whether addresses may be on this machine or in its network."""

    schemes: frozenset[str]
    is_private_allowed: bool = False


def sign(secret: str, body: bytes, at_s: int) -> str:
    """The header `Longpole-Signature`: the time, and the HMAC-SHA256 of the time, a full stop and the body.

    >>> sign("whsec_1", b"{}", 1795225553)[:20]
    't=1795225553,v1=f509'
    """
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def check_url(url: str, policy: WebhookPolicy, resolve: Resolve = resolved) -> tuple[SplitResult, str]:
    """The parts of an address, and the one IP address that it may be sent to.

    Raises:
        InvalidInput: its scheme is not allowed, it cannot be read, or its host is this machine or in its network.
        OSError: its host is not known.
    """
    parts = _parts(url)
    if parts.scheme not in policy.schemes:
        raise InvalidInput(
            f"A webhook with the scheme {parts.scheme[:20] or 'none'!r} is not allowed. Expected one of "
            f"{', '.join(sorted(policy.schemes))}. Choose another, or set 'webhook_schemes'."
        )
    if not parts.hostname:
        raise InvalidInput("A webhook's address has no host. Expected one like https://example.com/hook. Correct it.")
    addresses = resolve(parts.hostname)
    for address in addresses:
        if not (policy.is_private_allowed or is_public(address)):
            raise InvalidInput(
                f"The host {parts.hostname[:100]!r} of a webhook is not a public one. Expected one outside of this "
                "machine and its network, so that events cannot be turned against what only the server can reach. "
                "Choose another, or set 'webhook_private_targets'."
            )
    return parts, addresses[0]


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise InvalidInput(
            "A webhook's address cannot be read. Expected one like https://example.com/hook. Correct it."
        ) from None
    return parts


def send(
    url: str, body: bytes, headers: dict[str, str], policy: WebhookPolicy, resolve: Resolve = resolved
) -> str | None:
    """POST a body; what went wrong, nothing where the answer is 2xx. Redirections are not followed."""
    try:
        parts, address = check_url(url, policy, resolve)
        connection = _connection(parts, address)
    except InvalidInput as error:
        return str(error)
    except OSError:
        return "The host is not known."
    target = parts.path or "/"
    try:
        connection.request("POST", f"{target}?{parts.query}" if parts.query else target, body, headers)
        answer = connection.getresponse()
        answer.read(_MOST_READ)
    except (OSError, HTTPException) as error:
        return f"{type(error).__name__}: no answer."
    finally:
        connection.close()
    return None if 200 <= answer.status < 300 else f"The answer was {answer.status}."


def _connection(parts: SplitResult, address: str) -> HTTPConnection:
    """A connection to the checked address that names the host: a name that is resolved again may lead elsewhere."""
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)

    def connect(_place: Any, timeout: Any = TIMEOUT_S, _source: Any = None) -> socket.socket:
        return socket.create_connection((address, port), timeout)

    connection = (
        HTTPSConnection(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
        if is_secure
        else HTTPConnection(host, port, timeout=TIMEOUT_S)
    )
    # What `http.client` calls to reach a host; there is no public name for it.
    connection._create_connection = connect  # pyright: ignore[reportAttributeAccessIssue]
    return connection
