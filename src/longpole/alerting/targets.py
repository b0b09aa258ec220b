"""Where messages may go: which kinds of addresses, to which hosts, and what of them may be shown."""

import socket
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from longpole.model.errors import InvalidInput

Resolve = Callable[[str], Sequence[str]]
"""The addresses of a host."""

_OWN_HOST = frozenset(
    {"json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "gotify", "gotifys", "ntfy", "ntfys",
     "matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets"}
)  # fmt: skip
"""Kinds of addresses whose host the user names; the others go to the service that they are called after."""


class TargetPolicy(Struct, frozen=True):
    """Which kinds of addresses are taken, and whether they may be on this machine or in its network."""

    schemes: Collection[str]
    is_private_allowed: bool = False


def policy_of(schemes: str, *, is_private_allowed: bool) -> TargetPolicy:
    """The policy that settings describe: kinds of addresses separated by commas."""
    kinds = frozenset(part.strip().lower() for part in schemes.split(",") if part.strip())
    return TargetPolicy(kinds, is_private_allowed)


def check_target(url: str, policy: TargetPolicy, resolve: Resolve | None = None) -> None:
    """Refuse an address that messages must not go to. Asks the name service where a host is named.

    Raises:
        InvalidInput: its kind is not allowed, or its host is this machine or in its network. The address is not in the
            message.
    """
    scheme = scheme_of(url)
    if scheme not in policy.schemes:
        raise InvalidInput(
            f"A target of the kind {scheme[:20] or 'none'!r} is not allowed. Expected one of "
            f"{', '.join(sorted(policy.schemes))}. Choose another, or add it to the setting 'alert_target_schemes'."
        )
    if scheme not in _OWN_HOST or policy.is_private_allowed:
        return
    for host in _hosts_of(url):
        _check_host(host, resolve or resolved)


def _check_host(host: str, resolve: Resolve) -> None:
    try:
        addresses = resolve(host)
    except OSError:
        return  # it cannot be reached either
    for address in addresses:
        if not is_public(address):
            raise not_public(host)


def not_public(host: str) -> InvalidInput:
    """The error of a target on this machine or in its network."""
    return InvalidInput(
        f"The host {host[:100]!r} of a target is not a public one. Expected one outside of this machine and its "
        "network, so that messages cannot be turned against what only the server can reach. Choose another, or set "
        "'alert_private_targets'."
    )


def is_public(address: str) -> bool:
    """Whether an IP address is outside of this machine and every private network.

    >>> [is_public(each) for each in ("93.184.215.14", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1%eth0")]
    [True, False, False, False]
    """
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_global and not found.is_multicast


def resolved(host: str) -> list[str]:
    """The addresses of a host, by the name service.

    Raises:
        OSError: there is none.
    """
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})


def scheme_of(url: str) -> str:
    """The kind of an address, in lower case."""
    return url.partition("://")[0].strip().lower() if "://" in url else ""


def shown_target(url: str) -> str:
    """What of an address may be shown: its kind, and the host where that is no secret.

    >>> shown_target("mailtos://me:secret@mail.example.com?to=team@example.com"), shown_target("slack://A/B/C")
    ('mailtos://mail.example.com', 'slack://…')
    """
    scheme = scheme_of(url)
    return f"{scheme}://{split_host(url) or '…'}"


def split_host(url: str) -> str:
    """The host of an address with its port, empty where it has none or where that is a token."""
    if scheme_of(url) not in _OWN_HOST:
        return ""
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname or ''}{port}"
    except ValueError:
        return ""


def _hosts_of(url: str) -> list[str]:
    """The hosts that an address leads to: its own, and the mail server that it may name beside it."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise InvalidInput("A target's address cannot be read. Expected one of apprise. Correct it.") from None
    beside = [text for name in ("smtp", "host") for text in parse_qs(parts.query).get(name, [])]
    hosts = [urlsplit(f"//{text}").hostname or "" for text in beside]
    return [host for host in [parts.hostname or "", *hosts] if host]
