"""FastAPI: every request is an execution, and the agent that it asks one below it. Run it by `uvicorn app:app`."""

from fastapi import FastAPI, HTTPException
from openai import AsyncOpenAI

import longpole

longpole.configure(service="trips")
longpole.instrument("openai")

DEGREES = {"Lisbon": 21, "Oslo": 4}
client = AsyncOpenAI()
app = FastAPI()
app.add_middleware(longpole.TimingMiddleware)


@longpole.timing_step(category="tool")
async def weather(city: str) -> str:
    return f"{DEGREES[city]} degrees"


@longpole.agent("planner")
async def plan(city: str) -> str:
    asked = f"It has {await weather(city)} in {city}. Shall I go?"
    answer = await client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": asked}])
    return answer.choices[0].message.content or ""


@app.get("/trips/{city}")
async def trip(city: str) -> dict[str, str]:
    try:
        return {"advice": await plan(city)}
    except KeyError:
        raise HTTPException(404, f"unknown: {city}") from None
