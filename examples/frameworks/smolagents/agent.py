"""smolagents: a manager with a tool and an agent that it manages."""

from smolagents import OpenAIModel, ToolCallingAgent, tool

import longpole

longpole.configure(service="trips")
longpole.instrument("smolagents", "openai")

DEGREES = {"Lisbon": 21, "Oslo": 4}
ROOMS = {"Lisbon": 118, "Oslo": 164}


@tool
def weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: its name.
    """
    return f"{DEGREES[city]} degrees"


@tool
def hotel(city: str) -> str:
    """What a room costs in a city.

    Args:
        city: its name.
    """
    return f"{ROOMS[city]} euros a night"


host = ToolCallingAgent([hotel], OpenAIModel("gpt-4o"), name="host", description="Knows what rooms cost.")
planner = ToolCallingAgent([weather], OpenAIModel("gpt-4o-mini"), name="planner", managed_agents=[host])
print(planner.run("Where should I spend the weekend?"))
