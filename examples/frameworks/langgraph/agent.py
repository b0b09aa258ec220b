"""LangGraph: an agent with tools is one node of a graph, a writer the next."""

from typing import TypedDict

from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph

import longpole

longpole.configure(service="trips")
longpole.instrument("langgraph", "openai")

DEGREES = {"Lisbon": 21, "Oslo": 4}
ROOMS = {"Lisbon": 118, "Oslo": 164}


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"{DEGREES[city]} degrees"


@tool
def hotel(city: str) -> str:
    """What a room costs in a city."""
    return f"{ROOMS[city]} euros a night"


class Trip(TypedDict):
    question: str
    facts: str
    answer: str


researcher = create_agent(ChatOpenAI(model="gpt-4o-mini"), [weather, hotel], name="researcher")
writer = ChatOpenAI(model="gpt-4o", stream_usage=True)


def research(trip: Trip) -> dict[str, str]:
    found = researcher.invoke({"messages": [("user", trip["question"])]})
    return {"facts": found["messages"][-1].text}


def write(trip: Trip) -> dict[str, str]:
    return {"answer": "".join(chunk.text for chunk in writer.stream(f"Write: {trip['facts']}"))}


graph = StateGraph(Trip)
graph.add_node("research", research)
graph.add_node("write", write)
graph.add_edge(START, "research")
graph.add_edge("research", "write")
print(graph.compile(name="planner").invoke({"question": "Where should I spend the weekend?"})["answer"])
