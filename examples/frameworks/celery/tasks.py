"""Celery: an agent that a worker runs. Start one by `celery -A tasks worker`."""

from celery import Celery
from openai import OpenAI

import longpole

longpole.configure(service="trips")
longpole.instrument("celery", "openai")

DEGREES = {"Lisbon": 21, "Oslo": 4}
client = OpenAI()
app = Celery("trips")


@longpole.timing_step(category="tool")
def weather(city: str) -> str:
    return f"{DEGREES[city]} degrees"


@app.task
@longpole.agent("planner")
def plan(city: str) -> str:
    asked = f"It has {weather(city)} in {city}. Shall I go?"
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": asked}])
    return answer.choices[0].message.content or ""
