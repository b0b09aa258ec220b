"""Simulated operations for `targets.yaml`: a conversation of three complexities, and agents asked at the same time."""

import asyncio

from longpole import profile_async

MODEL_S = {"simple": 0.5, "moderate": 1.5, "complex": 3.0}
AGENT_S = 0.3


@profile_async("call model", category="llm")
async def call_model(duration_s: float) -> str:
    """A model that takes its time."""
    await asyncio.sleep(duration_s)
    return "an answer"


@profile_async("call agent", category="agent_comm")
async def call_agent(name: str) -> str:
    """Another agent, which takes 0.3 s."""
    await asyncio.sleep(AGENT_S)
    return f"{name} agrees"


async def answer(complexity: str) -> str:
    """A query of the given complexity."""
    return await call_model(MODEL_S[complexity])


async def coordinate(agents: int) -> list[str]:
    """Asks several agents at once and waits for all of them."""
    return await asyncio.gather(*(call_agent(f"agent {number}") for number in range(1, agents + 1)))
