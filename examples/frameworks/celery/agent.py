"""The program that sends the tasks, and is an agent itself: `python agent.py Lisbon Oslo`."""

import sys

from tasks import plan

import longpole


@longpole.agent("concierge")
def ask(*cities: str) -> list[str]:
    sent = [plan.delay(city) for city in cities]
    return [one.get(timeout=30) for one in sent]


print(ask(*sys.argv[1:]))
