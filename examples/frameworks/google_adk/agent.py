"""Google's Agent Development Kit: a concierge that transfers to a planner, who has tools."""

import asyncio

from google.adk.agents import Agent
from google.adk.models import Gemini
from google.adk.runners import InMemoryRunner
from google.genai.types import Content, HttpRetryOptions, Part

import longpole

longpole.configure(service="trips")
longpole.instrument("google_adk")

DEGREES = {"Lisbon": 21, "Oslo": 4}
ROOMS = {"Lisbon": 118, "Oslo": 164}


async def weather(city: str) -> str:
    """The weather in a city."""
    return f"{DEGREES[city]} degrees"


async def hotel(city: str) -> str:
    """What a room costs in a city."""
    return f"{ROOMS[city]} euros a night"


gemini = Gemini(model="gemini-2.5-flash", retry_options=HttpRetryOptions(attempts=3, initial_delay=0.1))
planner = Agent(name="planner", model=gemini, tools=[weather, hotel])
concierge = Agent(name="concierge", model=gemini, sub_agents=[planner])


async def main() -> None:
    runner = InMemoryRunner(concierge, app_name="trips")
    session = await runner.session_service.create_session(app_name="trips", user_id="ann")
    asked = Content(role="user", parts=[Part(text="Where should I spend the weekend?")])
    async for event in runner.run_async(user_id="ann", session_id=session.id, new_message=asked):
        if event.is_final_response() and event.content:
            print(event.content.parts[0].text)


asyncio.run(main())
