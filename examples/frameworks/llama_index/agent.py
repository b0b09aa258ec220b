"""LlamaIndex: a planner with tools, one of which asks another agent."""

import asyncio

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.llms.openai import OpenAI

import longpole

longpole.configure(service="trips")
longpole.instrument("llama_index", "openai")

DEGREES = {"Lisbon": 21, "Oslo": 4}


def weather(city: str) -> str:
    """The weather in a city."""
    return f"{DEGREES[city]} degrees"


async def hotel(city: str) -> str:
    """What a room costs in a city."""
    return str(await host.run(f"What does a room in {city} cost?"))


COUNTED = {"stream_options": {"include_usage": True}}
host = FunctionAgent(name="host", llm=OpenAI(model="gpt-4o", additional_kwargs=COUNTED))
planner = FunctionAgent(
    name="planner", tools=[weather, hotel], llm=OpenAI(model="gpt-4o-mini", additional_kwargs=COUNTED)
)


async def main() -> None:
    print(await planner.run("Where should I spend the weekend?"))


asyncio.run(main())
