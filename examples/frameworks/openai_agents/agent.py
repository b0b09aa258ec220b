"""OpenAI Agents SDK: a concierge that hands over to a planner, who has tools."""

import asyncio

from agents import Agent, Runner, function_tool, set_trace_processors

import longpole

longpole.configure(service="trips")
longpole.instrument("openai_agents", "openai")
set_trace_processors([])  # no traces to OpenAI; Longpole hears them all the same

DEGREES = {"Lisbon": 21, "Oslo": 4}
ROOMS = {"Lisbon": 118, "Oslo": 164}


@function_tool
async def weather(city: str) -> str:
    return f"{DEGREES[city]} degrees"


@function_tool
async def hotel(city: str) -> str:
    return f"{ROOMS[city]} euros a night"


planner = Agent(name="planner", model="gpt-4o-mini", tools=[weather, hotel])
concierge = Agent(name="concierge", model="gpt-4o-mini", handoffs=[planner])


async def main() -> None:
    result = Runner.run_streamed(concierge, "Where should I spend the weekend?")
    async for _ in result.stream_events():
        pass
    print(result.final_output)


asyncio.run(main())
