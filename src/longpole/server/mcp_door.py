"""`/mcp`: the tools for models, over the protocol's HTTP transport.

A tool asks the server's own REST doors, with the key of whoever calls it: what a key may not see there, a model does
not see here.
"""

import asyncio
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from longpole.server.asgi import App, Receive, Scope, Send, send_answer
from longpole.server.auth_shown import shown_key
from longpole.server.own_address import OwnAddress
from longpole.server.problems import MEDIA_TYPE, problem_body
from longpole.settings import Settings

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"
_NO_FOLDER = Path("/nonexistent")
"""In a data folder the server leaves its own key for programs of this machine, which a model must not get."""


def mcp_doors(address: OwnAddress) -> Mapping[str, App]:
    """The door by its path; without `longpole[mcp]` it says what is missing."""
    return {PATH: McpDoor(address) if find_spec("mcp") else _not_installed}


class McpDoor:
    """An ASGI application. What it needs is imported and started with the first request: 60 MB and half a second."""

    def __init__(self, address: OwnAddress) -> None:
        self._address = address
        self._manager: asyncio.Future[StreamableHTTPSessionManager] | None = None
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._manager is None:
            self._manager = asyncio.get_running_loop().create_future()
            self._running = asyncio.create_task(self._run(self._manager))
        manager = await asyncio.shield(self._manager)
        await manager.handle_request(cast("Any", scope), cast("Any", receive), cast("Any", send))

    async def _run(self, ready: "asyncio.Future[StreamableHTTPSessionManager]") -> None:
        """Keeps what belongs to the protocol alive until the event loop ends, which cancels it."""
        try:
            manager = await asyncio.to_thread(self._make)
            async with manager.run():
                ready.set_result(manager)
                await asyncio.Event().wait()
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)

    def _make(self) -> "StreamableHTTPSessionManager":
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager  # noqa: PLC0415
        from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415

        from longpole.client.mcp_server import Context, mcp_server  # noqa: PLC0415
        from longpole.client.mcp_tools import Asker  # noqa: PLC0415

        def asker_of(context: Context) -> Asker:
            request = cast("Any", context.request)
            shown = shown_key(dict(request.scope["headers"]))
            settings = Settings(
                url=self._address.local_url,
                api_key=shown.key if shown else None,
                certificate_authorities=self._address.certificate,
                data_folder=str(_NO_FOLDER),
            )
            return Asker(settings, str(request.base_url).rstrip("/"))

        # Host and Origin are checked by the guard, for every door alike.
        unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        return StreamableHTTPSessionManager(
            mcp_server(asker_of), json_response=True, stateless=True, security_settings=unchecked
        )


async def _not_installed(scope: Scope, _receive: Receive, send: Send) -> None:
    detail = (
        f"{scope['path']} answers models by a package that is not installed. Expected the packages of longpole[mcp]. "
        "Run: pip install 'longpole[mcp]', and start the server again."
    )
    await send_answer(send, 501, problem_body(501, detail), MEDIA_TYPE)
