"""Where in an execution something happens, told in a way that the recorded and the running one share: by the agents
above, so that a call is found again after the code around it was changed."""

from typing import Any

from longpole.model.category import Category
from longpole.record.current import MORE, PARENT, SITE, Record, current, is_execution, is_unsampled
from longpole.record.foreign import FOREIGN
from longpole.record.more import ATTRIBUTES, put
from longpole.record.site import Site

Agents = tuple[str, ...]
"""The agents whose executions enclose a place, outermost first."""

OUTSIDE = frozenset(
    {
        Category.LLM,
        Category.TOOL,
        Category.DATABASE,
        Category.CACHE,
        Category.HTTP,
        Category.RETRIEVAL,
        Category.AGENT_COMM,
    }
)
"""What a step does that reaches out of the program: its results are recorded and given back."""


def agents_above(record: Record | None) -> Agents:
    """The agents around a record, itself included."""
    found: list[str] = []
    while record is not None:
        site: Site | None = record[SITE]
        if site is not None and site.agent is not None and is_execution(record):
            found.append(site.agent)
        record = record[PARENT]
    return tuple(reversed(found))


def own_step() -> Record | None:
    """The step of the program's own that runs here, or nothing: not one that another library tells."""
    record = current.get()
    while record is not None and (record[SITE] is None or FOREIGN in (record[MORE] or {})):
        if is_unsampled(record):
            return None
        record = record[PARENT]
    return record


def name_of_place(agents: Agents, step: str) -> str:
    """One text for a place."""
    return "\n".join((*agents, step))


def top_of(record: Record) -> Record:
    """The outermost record of this process around a record."""
    while record[PARENT] is not None and record[PARENT][SITE] is not None:
        record = record[PARENT]
    return record


def note(record: Record, name: str, value: Any) -> None:
    """Adds an attribute that has no limit of its own: what is recorded is cut by nobody but the store."""
    put(record, ATTRIBUTES, {name: value})


def note_in_list(record: Record, name: str, value: Any, most: int = 10_000) -> None:
    """Adds to a list that is an attribute."""
    kept: dict[str, Any] = (record[MORE] or {}).get(ATTRIBUTES, {})
    values: list[Any] | None = kept.get(name)
    if values is None:
        note(record, name, [value])
    elif len(values) < most:
        values.append(value)
