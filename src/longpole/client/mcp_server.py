"""The tools as a server of the Model Context Protocol, by its official SDK; for `longpole mcp` and for `/mcp`."""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import mcp_types as types
import msgspec
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server

from longpole.client.mcp_tools import TOOLS, Asker, Tool, call
from longpole.model.errors import LongpoleError

_INSTRUCTIONS = (
    "Longpole records what AI agents do. Use it to find out why an execution was slow, failed or did not fire, what "
    "changed, and what to do about it. Durations are in words; savings are simulated on the critical path. Unknown is "
    "left out. Every answer has the address of the page that shows it whole."
)

Context = ServerRequestContext[Any]


def mcp_server(asker_of: Callable[[Context], Asker]) -> Server[Any]:
    """A server of the tools.

    Args:
        asker_of: who sent a request.
    """
    tools = {tool.name: tool for tool in TOOLS}
    listed = types.ListToolsResult(tools=[_described(tool) for tool in TOOLS])

    async def list_tools(context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return listed

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = tools.get(params.name)
        if tool is None:
            return _told(f"There is no tool {params.name[:60]!r}. Expected one of {', '.join(tools)}.", is_error=True)
        try:
            answer = await asyncio.to_thread(call, tool, asker_of(context), params.arguments or {})
        except LongpoleError as error:
            return _told(str(error), is_error=True)
        return _told(msgspec.json.encode(answer).decode())

    return Server(
        "longpole",
        version=version("longpole"),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _described(tool: Tool[Any]) -> types.Tool:
    schema = msgspec.json.schema(tool.arguments)
    name = schema["$ref"].rsplit("/", 1)[-1]
    described = schema["$defs"][name]
    return types.Tool(
        name=tool.name,
        description=" ".join((tool.arguments.__doc__ or "").split()),
        input_schema={key: described[key] for key in ("type", "properties", "required") if key in described},
        annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


def _told(text: str, *, is_error: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=is_error)
