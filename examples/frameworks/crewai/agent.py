"""CrewAI: a researcher with tools, then a writer."""

from crewai import Agent, Crew, Task
from crewai.tools import tool

import longpole

longpole.configure(service="trips")
longpole.instrument("crewai", "openai")

DEGREES = {"Lisbon": 21, "Oslo": 4}
ROOMS = {"Lisbon": 118, "Oslo": 164}


@tool("weather")
def weather(city: str) -> str:
    """The weather in a city."""
    return f"{DEGREES[city]} degrees"


@tool("hotel")
def hotel(city: str) -> str:
    """What a room costs in a city."""
    return f"{ROOMS[city]} euros a night"


researcher = Agent(
    role="researcher", goal="Know cities", backstory="You travel.", llm="gpt-4o-mini", tools=[weather, hotel]
)
writer = Agent(role="writer", goal="Write it down", backstory="You write.", llm="gpt-4o")
research = Task(name="research", description="Where to spend the weekend?", expected_output="facts", agent=researcher)
write = Task(name="write", description="Write the answer.", expected_output="one sentence", agent=writer)
crew = Crew(name="planner", agents=[researcher, writer], tasks=[research, write])
print(crew.kickoff())
