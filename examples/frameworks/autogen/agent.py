"""AutoGen: a researcher with tools and a writer take turns."""

import asyncio

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_ext.models.openai import OpenAIChatCompletionClient

import longpole

longpole.configure(service="trips")
longpole.instrument("autogen", "openai")

DEGREES = {"Lisbon": 21, "Oslo": 4}
ROOMS = {"Lisbon": 118, "Oslo": 164}


async def weather(city: str) -> str:
    """The weather in a city."""
    return f"{DEGREES[city]} degrees"


async def hotel(city: str) -> str:
    """What a room costs in a city."""
    return f"{ROOMS[city]} euros a night"


async def main() -> None:
    small, large = OpenAIChatCompletionClient(model="gpt-4o-mini"), OpenAIChatCompletionClient(model="gpt-4o")
    researcher = AssistantAgent("researcher", small, tools=[weather, hotel], max_tool_iterations=3)
    writer = AssistantAgent("writer", large)
    team = RoundRobinGroupChat([researcher, writer], name="planner", max_turns=2)
    result = await team.run(task="Where should I spend the weekend?")
    print(result.messages[-1].content)


asyncio.run(main())
