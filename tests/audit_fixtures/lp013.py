"""LP013: validated on every assignment."""

import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, model_validator


class AgentState(BaseModel):
    model_config = ConfigDict(validate_assignment=True)  # expect: LP013
    turns: list[str] = []


class RunContext(BaseModel):
    model_config = {"validate_assignment": True}  # expect: LP013
    a: int = 0


class Memory(BaseModel):
    a: int = 0

    class Config:
        validate_assignment = True  # expect: LP013


class WorkflowState(BaseModel, validate_assignment=True):  # expect: LP013
    a: int = 0


class Scratchpad(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)  # expect: LP013
    notes: str = ""


class Session(BaseModel):
    model_config: ConfigDict = ConfigDict(validate_assignment=True)  # expect: LP013
    user: str = ""


class StateOfPlay(BaseModel):
    model_config = ConfigDict(validate_assignment=True)  # expect: LP013
    a: int = 0


class DeepAgentState(BaseModel):
    model_config = ConfigDict(validate_assignment=True)  # expect: LP013
    a: int | None = None

    @model_validator(mode="after")
    def check(self):
        return self


class Counter(BaseModel):
    model_config = ConfigDict(validate_assignment=True)  # expect: LP013
    total: int = 0


def count(items):
    counter = Counter()
    for item in items:
        counter.total = counter.total + item
    return counter


class Row(BaseModel):
    model_config = ConfigDict(validate_assignment=True)  # expect: LP013
    seen: bool = False


def mark(rows, row: Row):
    while rows:
        row.seen = True
        rows.pop()


class Progress(BaseModel):
    model_config = dict(validate_assignment=True)  # expect: LP013
    done: int = 0


class ToolContext(BaseModel):
    class Config:
        arbitrary_types_allowed = True
        validate_assignment = True  # expect: LP013


class ConversationBuffer(BaseModel):
    model_config = {"extra": "allow", "validate_assignment": True}  # expect: LP013


class Blackboard(BaseModel, extra="forbid", validate_assignment=True):  # expect: LP013
    pass


class PlannerState(AgentState):
    model_config = ConfigDict(validate_assignment=True, validate_default=True)  # expect: LP013


class Checked:
    def __setattr__(self, name, value):
        self.validate(name, value)  # expect: LP013
        object.__setattr__(self, name, value)


class Logged:
    def __setattr__(self, name, value):
        object.__setattr__(self, "text", json.dumps(value))  # expect: LP013


class Remodelled(BaseModel):
    def __setattr__(self, name, value):
        type(self).model_validate({name: value})  # expect: LP013
        super().__setattr__(name, value)


class UserSession(BaseModel):
    model_config = ConfigDict(
        extra="ignore",
        validate_assignment=True,  # expect: LP013
    )


class SettingsRow(BaseModel):
    model_config = ConfigDict(validate_assignment=True)  # expect: LP013
    a: int = 0


async def fill(values):
    row = SettingsRow()
    for value in values:
        row.a = value
    return row


class Tracker(BaseModel):
    model_config = ConfigDict(validate_assignment=True)  # expect: LP013


class PlainState(BaseModel):
    a: int = 0


class OffState(BaseModel):
    model_config = ConfigDict(validate_assignment=False)


class FrozenState(BaseModel):
    model_config = ConfigDict(frozen=True, validate_assignment=True)


class AppConfig(BaseModel):
    model_config = ConfigDict(validate_assignment=True)
    a: int = 0


class Settings(BaseModel):
    model_config = ConfigDict(validate_assignment=True)


class SearchRequest(BaseModel):
    model_config = ConfigDict(validate_assignment=True)


class ModelOptions(BaseModel):
    class Config:
        validate_assignment = True


class ContextParams(BaseModel):
    model_config = ConfigDict(validate_assignment=True)


class ExtraState(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OldState(BaseModel):
    class Config:
        arbitrary_types_allowed = True


class OffOldState(BaseModel):
    class Config:
        validate_assignment = False


class DefaultState(BaseModel):
    model_config = ConfigDict(validate_default=True)


@dataclass
class DataState:
    a: int = 0


class Person(BaseModel):
    # low confidence only: nothing says that it is written often
    model_config = ConfigDict(validate_assignment=True)
    name: str = ""


class Address(BaseModel):
    class Config:
        validate_assignment = True


class Simple:
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)


class Told:
    def __setattr__(self, name, value):
        self.changed.add(name)
        super().__setattr__(name, value)


class ReadOnly:
    def __setattr__(self, name, value):
        raise AttributeError(name)


class NamedState:
    validate_assignment = True


class HookedState(BaseModel):
    @model_validator(mode="after")
    def check(self):
        return self


class MixedState(BaseModel):
    model_config = ConfigDict(**{})


class QuietState(BaseModel):
    model_config = ConfigDict(validate_assignment=True)  # noqa: LP013


class LoginCredentials(BaseModel):
    model_config = ConfigDict(validate_assignment=True)
