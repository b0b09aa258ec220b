"""The version of an execution whose program gave none: a hash over what makes it behave differently.

That is the system prompt, the tools and the model of its first own model call, and the commit of its program; whatever
of these is known. See `wire.recipe` for how they are read.
"""

import hashlib

from longpole.ingest.facts import Facts
from longpole.ingest.ownership import Ownership
from longpole.wire.recipe import WITH_PROMPT

AUTO = "auto-"
"""How a version begins that the server made up."""

STORED = "="
"""Begins the `recipe` of a span that comes from the store: the version that its execution has there."""

_DIGITS = 8


def version_of(recipe: str | None, commit: str | None) -> str | None:
    """`auto-` and eight hexadecimal digits; `None` if nothing is known."""
    if recipe is None and commit is None:
        return None
    seed = f"{recipe or ''}\n{commit or ''}".encode("utf-8", "surrogatepass")
    return AUTO + hashlib.blake2b(seed, digest_size=_DIGITS // 2).hexdigest()


def is_auto(version: str | None) -> bool:
    """Whether the server made this version up."""
    return version is not None and version.startswith(AUTO)


def find_versions(place: Ownership) -> dict[int, str | None]:
    """The version of every execution: its program's word, else one made of its first own model call and its commit.

    A model call with a system prompt or tools counts before one with only a model. A version that is stored stays, as
    long as no call is known that would come before the one it was made of.
    """
    first: dict[int, Facts] = {}
    is_open: set[int] = set()  # executions with a model call before the first known one, of which nothing is known now
    for node, fact in enumerate(place.facts):
        if fact.category != "llm":
            continue
        owner = place.owners[node]
        known = first.get(owner)
        if fact.recipe is None or fact.recipe.startswith(STORED):
            if known is None or known.recipe is None or not known.recipe.startswith(WITH_PROMPT):
                is_open.add(owner)
        elif known is None or (
            fact.recipe.startswith(WITH_PROMPT) and not (known.recipe or "").startswith(WITH_PROMPT)
        ):
            first[owner] = fact
    return {node: _version(place.facts[node], first.get(node), is_open=node in is_open) for node in place.execution_ids}


def _version(fact: Facts, call: Facts | None, *, is_open: bool) -> str | None:
    if fact.version is not None:
        return fact.version
    if fact.recipe is not None and fact.recipe.startswith(STORED) and (call is None or is_open):
        return fact.recipe.removeprefix(STORED)
    commit = fact.commit or (call.commit if call is not None else None)
    return version_of(call.recipe if call is not None else None, commit)
