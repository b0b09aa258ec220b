"""Who asks when a proxy stands between: the headers it adds, believed from the configured proxies and nobody else."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from longpole.model.errors import SettingsError
from longpole.server.asgi import App, Receive, Scope, Send, header_of

Network = IPv4Network | IPv6Network
_SECURE = {"http": "https", "ws": "wss"}
_HEADERS = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")


def read_proxies(text: str) -> list[Network]:
    """The addresses and networks in the setting `forwarded_from`.

    Raises:
        SettingsError: one is neither.
    """
    networks: list[Network] = []
    for part in text.split(","):
        if not part.strip():
            continue
        try:
            networks.append(ip_network(part.strip()))
        except ValueError as error:
            raise SettingsError(
                f"The setting `forwarded_from` has {part.strip()!r}: {error}. Expected addresses or networks of "
                "proxies, separated by commas. Write them like 10.0.0.5 or 10.0.0.0/24."
            ) from None
    return networks


class Forwarded:
    """The application as it is asked by the clients of proxies.

    Of several addresses in `X-Forwarded-For` the last one counts that is no proxy's: what stands before it the client
    may have written itself. `X-Forwarded-Proto` and `X-Forwarded-Host` are those of the nearest proxy.
    """

    def __init__(self, app: App, proxies: Sequence[Network]) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or WebSocket."""
        client = scope.get("client")
        if client and self._is_proxy(client[0]):
            self._put_right(scope)
        await self._app(scope, receive, send)

    def _put_right(self, scope: Scope) -> None:
        addresses = [part.strip() for part in header_of(scope, b"x-forwarded-for").split(",") if part.strip()]
        asking = next((address for address in reversed(addresses) if not self._is_proxy(address)), None)
        if asking is not None and _is_address(asking):
            scope["client"] = (asking, 0)
        if header_of(scope, b"x-forwarded-proto").rpartition(",")[2].strip().lower() == "https":
            scope["scheme"] = _SECURE.get(scope["scheme"], scope["scheme"])
        host = header_of(scope, b"x-forwarded-host").rpartition(",")[2].strip()
        headers = [(name, value) for name, value in scope["headers"] if name not in _HEADERS]
        if host:
            headers = [(name, value) for name, value in headers if name != b"host"]
            headers.append((b"host", host.encode("latin-1")))
        scope["headers"] = headers

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
