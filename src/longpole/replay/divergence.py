"""What a replay was asked for and did not find, beside what the recording has in its place."""

import difflib

import msgspec
from msgspec import Struct

from longpole.replay.places import Agents
from longpole.replay.recordings import EXCHANGE, Call

MOST_LINES = 60
_MOST_LETTERS = 200


class Divergence(Struct, frozen=True, kw_only=True):
    """A call that the recording does not answer. `text` says it in full: what was asked, what was recorded.

    `outcome` is what was done: "fail", "pass" or "stub".
    """

    name: str
    agents: list[str]
    outcome: str
    text: str


def asked_in_vain(
    kind: str, name: str, agents: Agents, arguments: object, nearest: Call | None, left: list[str], outcome: str
) -> Divergence:
    """A call that nothing in the recording matches.

    Args:
        kind: what was called, a step or an exchange.
        name: its name.
        agents: in which agents.
        arguments: what was asked, as plain values.
        nearest: the most similar call of the same name, if there is one.
        left: the names of calls that nobody has asked for yet.
        outcome: what is done about it.
    """
    what = "request" if kind == EXCHANGE else "call"
    where = f" in {' > '.join(agents)}" if agents else ""
    head = f"The {what} {name!r}{where} is not in the recording."
    if nearest is None:
        rest = f" It has no {what} of this name{_names_left(left)}."
        return Divergence(name=name, agents=list(agents), outcome=outcome, text=f"{head}{rest}\n{_pretty(arguments)}")
    diff = difference(nearest.arguments, arguments)
    if not diff:
        text = f"{head} It was recorded with these arguments, but not as often as it is asked for now."
    else:
        text = f"{head} The nearest one of this name:\n{diff}"
    return Divergence(name=name, agents=list(agents), outcome=outcome, text=text)


def cannot_be_given(call: Call, agents: Agents, why: str, outcome: str) -> Divergence:
    """A call that is in the recording, but whose result cannot be given back."""
    what = "request" if call.kind == EXCHANGE else "call"
    text = f"The {what} {call.name!r} was recorded, but cannot be given back: {why}."
    return Divergence(name=call.name, agents=list(agents), outcome=outcome, text=text)


def difference(recorded: object, asked: object) -> str:
    """Two plain values as a unified diff of their JSON; empty if they are equal."""
    lines = difflib.unified_diff(
        _pretty(recorded).splitlines(), _pretty(asked).splitlines(), "recorded", "asked", lineterm="", n=2
    )
    shown = [line if len(line) <= _MOST_LETTERS else f"{line[:_MOST_LETTERS]}…" for line in lines]
    if len(shown) > MOST_LINES:
        shown = [*shown[:MOST_LINES], f"… {len(shown) - MOST_LINES} more lines"]
    return "\n".join(shown)


def likeness(recorded: str, asked: str) -> float:
    """How much two texts have in common, 0 to 1. Cost: linear; the first 2,000 letters are looked at."""
    return difflib.SequenceMatcher(None, recorded[:2000], asked[:2000], autojunk=False).quick_ratio()


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode()


def _names_left(left: list[str]) -> str:
    names = sorted(set(left))
    if not names:
        return ", and nothing else is left in it"
    return f"; left are {', '.join(names[:10])}{' and more' if len(names) > 10 else ''}"
