"""Pydantic AI: a planner with tools, one of which asks another agent."""

import asyncio

from pydantic_ai import Agent, ModelRetry

import longpole

longpole.configure(service="trips")
longpole.instrument("pydantic_ai", "openai")

DEGREES = {"Lisbon": 21, "Oslo": 4}

host = Agent("openai-chat:gpt-4o", name="host", instructions="You know what rooms cost.")
planner = Agent("openai-chat:gpt-4o-mini", name="planner", retries=2)


@planner.tool_plain
async def weather(city: str) -> str:
    if city not in DEGREES:
        raise ModelRetry(f"unknown: {city}")
    return f"{DEGREES[city]} degrees"


@planner.tool_plain
async def hotel(city: str) -> str:
    return (await host.run(f"What does a room in {city} cost?")).output


async def main() -> None:
    async with planner.run_stream("Where should I spend the weekend?") as answer:
        print(await answer.get_output())


asyncio.run(main())
