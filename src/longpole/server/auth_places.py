"""Where a request comes from and what it is addressed to: the checks of `Host` and `Origin`.

A web page can make a browser send requests to this server, and by rebinding its own name to the server's address also
read the answers. So a request must be addressed to a name of this server, and must not come from a foreign page.
"""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from longpole.server.asgi import Scope

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Places(Struct, frozen=True, kw_only=True):
    """Under which names this server may be addressed.

    Attributes:
        hosts: names that are its own besides those of this machine; without ports, in lower case.
        is_public: whether every other name is taken too while keys are needed, as it is where names are not known.
    """

    hosts: frozenset[str] = frozenset()
    is_public: bool = False

    def foreign_host(self, headers: Mapping[bytes, bytes], *, are_keys_needed: bool) -> str | None:
        """Why a request is not for this server; nothing if it is."""
        host = headers.get(b"host", b"").decode("latin-1")
        bare = without_port(host).lower()
        if is_loopback(bare) or bare in self.hosts:
            return None
        if are_keys_needed and self.is_public and not self.hosts:
            return None
        cure = "Use one of these addresses"
        if not are_keys_needed:
            why = "this server has no keys and answers only its own machine"
        else:
            why, cure = "these are the names it was given", f"{cure}, or name this one in the setting `hosts`"
        expected = ", ".join(("localhost, 127.0.0.1, [::1]", *sorted(self.hosts)))
        return f"The request is addressed to {host[:100]!r}. Expected one of {expected}: {why}. {cure}."

    def foreign_page(self, scope: Scope, headers: Mapping[bytes, bytes], *, are_keys_needed: bool) -> str | None:
        """Why a request comes from a page of somebody else; nothing if it does not, or from no page."""
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not origin or (not are_keys_needed and is_loopback_origin(origin)):
            return None
        if are_keys_needed and is_same_origin(scope, headers, origin):
            return None
        return (
            f"The request comes from a page of {origin[:100]!r}. Expected a page of this server at "
            f"{headers.get(b'host', b'').decode('latin-1')[:100]!r}: any other could else read what is stored. Open "
            "the dashboard at the server's own address; behind a proxy name that one in the setting `forwarded_from`."
        )


def is_same_origin(scope: Scope, headers: Mapping[bytes, bytes], origin: str) -> bool:
    """Whether a page belongs to the address that a request is sent to.

    `http` and `https` of one name are the same here: behind a proxy that ends TLS, the server sees only the former.
    """
    try:
        page = urlsplit(origin)
        own = urlsplit(f"{scope['scheme']}://{headers.get(b'host', b'').decode('latin-1')}")
        if page.scheme not in ("http", "https") or not page.hostname or page.hostname != own.hostname:
            return False
        ports = [parts.port or _DEFAULT_PORTS.get(parts.scheme) for parts in (page, own)]
    except ValueError:
        return False
    return ports[0] == ports[1] or (own.port is None and page.port is None)


@lru_cache(maxsize=256)  # of 4 us a request, finding out again took 2
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


def without_port(host: str) -> str:
    """The name or address in a `Host` header."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    name, _, port = host.rpartition(":")
    return name if name and port.isdecimal() else host


def is_loopback_origin(origin: str) -> bool:
    """Whether a page belongs to a server on this machine."""
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and is_loopback(parts.hostname or "")
    except ValueError:
        return False
