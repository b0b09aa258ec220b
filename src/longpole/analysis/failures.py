"""Which errors are alike: their message without what differs each time, and what healed them."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

MESSAGE_LIMIT = 160
"""Characters of a normalised message that are kept."""

_FAILING = frozenset({"failed", "timeout", "crashed"})
# In this order: what is longer and more telling first. A quoted word is a name that differs from time to time; a
# letter before the quote is an apostrophe.
_DIFFERING = re.compile(
    r"(?P<url>\b[a-z][a-z0-9+.-]*://[^\s'\"<>]+)"
    r"|(?P<email>\b[\w.+-]+@[\w-]+\.[\w.]+)"
    r"|(?P<text>(?<!\w)'[^'\n]{1,200}'(?!\w)|\"[^\"\n]{1,200}\"|`[^`\n]{1,200}`)"
    r"|(?P<path>(?<![\w/])(?:/[\w.@#+-]+){2,}/?|\b[A-Za-z]:\\[^\s:]+)"
    r"|(?P<id>\b(?=[\w-]*\d)[0-9A-Fa-f]{4,}(?:-[0-9A-Fa-f]{2,})+\b|0x[0-9A-Fa-f]+|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b)"
    r"|(?P<n>\d+(?:[.,:]\d+)*)"
)


@lru_cache(4096)
def normalise_message(message: str) -> str:
    """The first line of an error's message, with addresses, paths, quoted words, ids and numbers as placeholders.

    >>> normalise_message("order 4711 of 'ann' not found at /srv/shop/orders.py")
    'order <n> of <text> not found at <path>'
    """
    line = message.strip().partition("\n")[0][: 4 * MESSAGE_LIMIT]
    return _DIFFERING.sub(lambda match: f"<{match.lastgroup}>", line)[:MESSAGE_LIMIT]


class Beat(Struct, frozen=True, gc=False):
    """A step as far as it tells what came before a failure, or what healed it."""

    step_id: str
    parent_step_id: str | None
    execution_id: str
    name: str
    status: str
    started_ns: int
    ended_ns: int | None
    argument_hash: str | None = None


class Around(Struct, frozen=True, kw_only=True):
    """What was around one failing step: the names of the last steps before it, in order, and whether it was tried again
    with success."""

    before: tuple[str, ...]
    is_retried: bool


def look_around(steps: Sequence[Beat], step_id: str, execution_id: str, started_ns: int, *, most: int = 3) -> Around:
    """What was around the failure of a step, or of an execution by itself when `step_id` is none of the steps.

    Args:
        steps: those of its trace, in order of their starts.
        step_id: the step that failed.
        execution_id: whose it is.
        started_ns: when the failing step began; of an execution by itself when it ended.
        most: so many steps before it.
    """
    by_id: Mapping[str, Beat] = {step.step_id: step for step in steps}
    failing = by_id.get(step_id)
    above: set[str] = set()
    parent = failing
    while parent is not None and parent.step_id not in above:  # parents come from outside: they may be a ring
        above.add(parent.step_id)
        parent = by_id.get(parent.parent_step_id or "")
    before = [
        step.name
        for step in steps
        if step.execution_id == execution_id
        and step.step_id not in above
        and step.ended_ns is not None
        and step.ended_ns <= started_ns
    ]
    return Around(before=tuple(before[-most:]), is_retried=failing is not None and _is_retried(steps, failing))


def _is_retried(steps: Sequence[Beat], failing: Beat) -> bool:
    """Whether a later step of the same name, parent and arguments succeeded. Where arguments are not known it has to be
    the next step: many steps have one name, such as those that ask a model."""
    later = [
        step
        for step in steps
        if step.parent_step_id == failing.parent_step_id
        and step.execution_id == failing.execution_id
        and step.started_ns > failing.started_ns
    ]
    if failing.argument_hash is None:
        while len(later) > 1 and later[0].name == failing.name and later[0].status in _FAILING:
            later.pop(0)  # tried again, and failed again
        del later[1:]
    return any(
        step.name == failing.name
        and step.argument_hash in (None, failing.argument_hash)
        and step.status not in _FAILING
        and step.ended_ns is not None
        for step in later
    )
