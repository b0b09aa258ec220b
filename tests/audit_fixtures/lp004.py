"""LP004: copies of the whole value."""

import copy
import json
import pickle
from copy import deepcopy

import msgspec
import orjson
import yaml
from pydantic import BaseModel


class State(BaseModel):
    turns: list[str] = []


def one(state):
    return json.loads(json.dumps(state))  # expect: LP004


def two(state):
    return json.loads(json.dumps(state, cls=json.JSONEncoder))  # expect: LP004


def three(state):
    return json.loads(json.dumps(state, default=str))  # expect: LP004


def four(state):
    return pickle.loads(pickle.dumps(state))  # expect: LP004


def five(state):
    return orjson.loads(orjson.dumps(state))  # expect: LP004


def six(state):
    return State.model_validate_json(state.model_dump_json())  # expect: LP004


def seven(history):
    out = []
    for entry in history:
        out.append(copy.deepcopy(entry))  # expect: LP004
    return out


def eight(history):
    return [deepcopy(entry) for entry in history]  # expect: LP004


def nine(history):
    for entry in history:
        entry = copy.deepcopy(entry)  # expect: LP004
        entry["x"] = 1
        yield entry


def ten(config, names):
    return {name: copy.deepcopy(config) for name in names}  # expect: LP004


def eleven(queue, state):
    while queue:
        queue.pop().run(deepcopy(state))  # expect: LP004


def twelve(state):
    return msgspec.json.decode(msgspec.json.encode(state))  # expect: LP004


def thirteen(state):
    return yaml.safe_load(yaml.dump(state))  # expect: LP004


def fourteen(state):
    fresh = json.loads(json.dumps(state["turns"]))  # expect: LP004
    return fresh


async def fifteen(agents, context):
    for agent in agents:
        await agent.run(copy.deepcopy(context))  # expect: LP004


def sixteen(rows):
    return list(map(len, [copy.deepcopy(row) for row in rows]))  # expect: LP004


def seventeen(state):
    return json.loads(json.dumps(state).encode())  # expect: LP004


def eighteen(tree):
    for node in tree:
        if node.changed:
            node.before = copy.deepcopy(node.value)  # expect: LP004


def nineteen(state):
    import json as j

    return j.loads(j.dumps(state))  # expect: LP004


def twenty(state):
    return {"state": json.loads(json.dumps(state)), "id": 1}  # expect: LP004


async def twenty_one(stream, state):
    async for part in stream:
        part.base = deepcopy(state)  # expect: LP004


def miss_once(state):
    return copy.deepcopy(state)


def miss_before_loop(state, names):
    base = copy.deepcopy(state)
    for name in names:
        base[name] = 1
    return base


def miss_iterable(history):
    for entry in copy.deepcopy(history):
        print(entry)


def miss_shallow(history):
    return [copy.copy(entry) for entry in history]


def miss_dict_copy(history):
    return [entry.copy() for entry in history]


def miss_list_copy(history):
    return [list(entry) for entry in history]


def miss_parse(text):
    return json.loads(text)


def miss_write(state):
    return json.dumps(state)


def miss_apart(state, other):
    text = json.dumps(state)
    return text, json.loads(other)


def miss_other_format(state):
    return yaml.safe_load(json.dumps(state))


def miss_two_functions(state):
    return orjson.loads(json.dumps(state))


def miss_from_file(path):
    return json.loads(path.read_text())


def miss_to_text(rows):
    return [json.dumps(row) for row in rows]


def miss_from_text(rows):
    return [json.loads(row) for row in rows]


class Node:
    def __init__(self, value):
        self.value = value

    def __deepcopy__(self, memo):
        fresh = Node(None)
        for key, value in self.__dict__.items():
            setattr(fresh, key, copy.deepcopy(value, memo))
        return fresh

    def clone(self):
        return [copy.deepcopy(part) for part in self.value]


def miss_model_copy(state: State):
    return [state.model_copy(update={"turns": []}) for _ in range(3)]


def miss_dump(states):
    return [state.model_dump() for state in states]


def miss_validate(rows):
    return [State.model_validate(row) for row in rows]


def miss_own_function(rows):
    def deepcopy(row):
        return row

    return [deepcopy(row) for row in rows]


def miss_lambda(state):
    return lambda: copy.deepcopy(state)


def miss_return_in_loop(states):
    for state in states:
        if state.ready:
            return copy.deepcopy(state)
    return None


def miss_inner_function(states):
    for state in states:

        def take():
            return copy.deepcopy(state)

        state.on_change(take)


def miss_rare(states):
    for state in states:
        try:
            state.run()
        except ValueError:
            state.broken = copy.deepcopy(state.value)


def miss_constant(rows):
    return [copy.deepcopy(1) for _ in rows]


def miss_suppressed(state):
    return json.loads(json.dumps(state))  # noqa: LP004
