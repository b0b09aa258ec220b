"""A loop around OpenAI's client: the model asks for tools until it knows enough, then writes word by word."""

import json

from openai import OpenAI

import longpole

longpole.configure(service="trips")
longpole.instrument("openai")

client = OpenAI()
DEGREES = {"Lisbon": 21, "Oslo": 4}
ROOMS = {"Lisbon": 118, "Oslo": 164}


@longpole.timing_step(category="tool")
def weather(city: str) -> str:
    return f"{DEGREES[city]} degrees"


@longpole.timing_step(category="tool")
def hotel(city: str) -> str:
    return f"{ROOMS[city]} euros a night"


TOOLS = {"weather": weather, "hotel": hotel}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
OFFERED = [{"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in TOOLS]


def call(tool: str, arguments: str) -> str:
    try:
        return TOOLS[tool](**json.loads(arguments))
    except KeyError as unknown:
        return f"unknown: {unknown}"


@longpole.agent("planner")
def plan(question: str) -> str:
    messages = [{"role": "user", "content": question}]
    while True:
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=OFFERED)
        message = answer.choices[0].message
        if not message.tool_calls:
            break
        messages.append(message.to_dict())
        for asked in message.tool_calls:
            result = call(asked.function.name, asked.function.arguments)
            messages.append({"role": "tool", "tool_call_id": asked.id, "content": result})
    stream = client.chat.completions.create(
        model="gpt-4o", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


print(plan("Where should I spend the weekend?"))
