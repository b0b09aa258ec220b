"""LP009: validated again."""

import functools

import fastjsonschema
import jsonschema
from pydantic import BaseModel, TypeAdapter

SCHEMA = {"type": "object"}
ADAPTER = TypeAdapter(list[int])


class State(BaseModel):
    turns: list[str] = []


class Other(BaseModel):
    turns: list[str] = []


def one(data):
    validate(data)
    other = 1
    validate(data)  # expect: LP009
    return other


def two(data):
    State.model_validate(data)
    return State.model_validate(data)  # expect: LP009


def three(self, request):
    self.validate_request(request)
    print(request)
    self.validate_request(request)  # expect: LP009


def four(data):
    if not is_valid(data):
        raise ValueError
    if not is_valid(data):  # expect: LP009
        return None
    return data


def five(state: State):
    return State.model_validate(state.model_dump())  # expect: LP009


def six(state: State):
    return State(**state.model_dump())  # expect: LP009


def seven():
    state = State()
    return State.model_validate(state.model_dump())  # expect: LP009


def eight(state: State):
    return State.parse_obj(state.dict())  # expect: LP009


def nine(items):
    for item in items:
        jsonschema.validate(item, SCHEMA)  # expect: LP009


def ten(items):
    return [jsonschema.validate(item, SCHEMA) for item in items]  # expect: LP009


def eleven(text):
    adapter = TypeAdapter(list[int])  # expect: LP009
    return adapter.validate_json(text)


def twelve(text):
    return TypeAdapter(State).validate_json(text)  # expect: LP009


def thirteen(items):
    for item in items:
        TypeAdapter(State).validate_python(item)  # expect: LP009


def fourteen(items):
    check = fastjsonschema.compile(SCHEMA)  # expect: LP009
    return check(items)


async def fifteen(text):
    return TypeAdapter(dict[str, State]).validate_json(text)  # expect: LP009


def sixteen(items):
    validator = jsonschema.Draft202012Validator(SCHEMA)  # expect: LP009
    return validator.is_valid(items)


def seventeen(data):
    assert validate_shape(data, strict=True)
    size = len(data)
    assert validate_shape(data, strict=True)  # expect: LP009
    return size


def eighteen(data):
    first = State.model_validate(data)
    second = State.model_validate(data)  # expect: LP009
    return first, second


def nineteen(state: State):
    copied = State(**state.dict())  # expect: LP009
    return copied


def twenty(while_loop, items):
    while while_loop():
        fastjsonschema.validate(SCHEMA, items)  # expect: LP009


def twenty_one(data):
    validate_input(data["body"])
    log = "x"
    validate_input(data["body"])  # expect: LP009
    return log


def miss_once(data):
    return State.model_validate(data)


def miss_changed(data):
    validate(data)
    data["a"] = 1
    validate(data)


def miss_rebound(data):
    validate(data)
    data = normalise(data)
    validate(data)


def miss_passed_on(data):
    validate(data)
    fill(data)
    validate(data)


def miss_method_between(data):
    validate(data)
    data.normalise()
    validate(data)


async def miss_await_between(data, fetch):
    validate(data)
    await fetch()
    validate(data)


def miss_other_argument(data, other):
    validate(data)
    validate(other)


def miss_other_model(data):
    return State.model_validate(data), Other.model_validate(data)


def miss_branches(data, strict):
    if strict:
        validate(data)
    else:
        validate(data)


def miss_other_class(state: State):
    return Other.model_validate(state.model_dump())


def miss_some_fields(state: State):
    return State.model_validate(state.model_dump(exclude={"turns"}))


def miss_with_change(state: State):
    return State(**state.model_dump(), turns=["a"])


def miss_unknown(state):
    return State(**state.model_dump())


def miss_module_adapter(text):
    return ADAPTER.validate_json(text)


@functools.cache
def miss_cached(kind):
    return TypeAdapter(list[int])


def make_adapter():
    return TypeAdapter(list[int])


def miss_depends(kind, text):
    return TypeAdapter(kind).validate_json(text)


class Holder:
    def __init__(self):
        self.adapter = TypeAdapter(State)

    def use(self, text):
        return self.adapter.validate_json(text)


def miss_schema_once(item):
    jsonschema.validate(item, SCHEMA)


def miss_before_loop(items, validator):
    for item in items:
        validator.validate(item)


def miss_per_item(items):
    return [State.model_validate(item) for item in items]


def miss_returned(kind):
    return TypeAdapter(State)


def miss_two_methods(data):
    validate_shape(data)
    validate_values(data)


def miss_augmented(total, data):
    validate(total)
    total += len(data)
    validate(total)


def miss_suppressed(text):
    return TypeAdapter(State).validate_json(text)  # noqa: LP009
