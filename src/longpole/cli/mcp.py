"""`longpole mcp`: the tools for models over standard input and output, for programs that start their own servers."""

import asyncio

from longpole import settings
from longpole.cli.options import Data, Url
from longpole.client.answers import served_address
from longpole.model.errors import MissingPackage


def mcp_command(url: Url = None, data: Data = None) -> None:
    """Answer a model's questions over the Model Context Protocol, on standard input and output.

    A running server answers the same at its address `/mcp`.
    """
    chosen = settings.load(url=url, data_folder=data)
    try:
        from mcp.server.stdio import stdio_server  # noqa: PLC0415 - an extra

        from longpole.client.mcp_server import mcp_server  # noqa: PLC0415
        from longpole.client.mcp_tools import Asker  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"{error.name} is not installed. Expected the packages of longpole[mcp]. Run: pip install 'longpole[mcp]'."
        ) from None

    async def answer() -> None:
        server = mcp_server(lambda _context: Asker(chosen, chosen.url or served_address(chosen)))
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    asyncio.run(answer())
