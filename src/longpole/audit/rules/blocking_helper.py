"""What it finds
: A synchronous function that is called in `async def` and blocks further down: it sleeps, waits for an HTTP answer, a
  process or a database, itself or through other functions of the project.

Why it matters
: The event loop stands still as it does for LP002; only the line that blocks is in another file, where it looks
  innocent.

When not to worry
: The way is followed by names: a method replaced by a subclass, or a branch that is never taken here, is not seen. The
  confidence is medium where one or two functions lie between, low beyond. What `longpole run` measures decides.

How to mend
: Make the helper asynchronous, or call it by `await asyncio.to_thread(helper, ...)`.

```python
# blocks
def load(city):
    return requests.get(f"{API}/{city}").json()

async def answer(city):
    return load(city)

# lets others run
async def answer(city):
    return await asyncio.to_thread(load, city)
```
"""

import ast
from collections.abc import Iterator

from msgspec import structs

from longpole.audit.blocking import blocking_call
from longpole.audit.facts import Project
from longpole.audit.names import Names, last_part
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.model.audit_finding import AuditFinding
from longpole.model.finding import Confidence

_NEAR = 2
"""Functions between the call and what blocks, up to which the way is taken for sure enough."""


def check(names: Names) -> Iterator[Hit]:
    """Every call of a function that may be of this project, from asynchronous code; `settle` follows it."""
    source = names.source
    for call in source.calls:
        if source.async_function_of(call) is None or isinstance(source.parents.get(call), ast.Await):
            continue
        name = names.of(call.func)
        if name is None or name.startswith("builtins.") or blocking_call(name) is not None:
            continue
        yield hit_at(call, f"`{last_part(name)}` holds the event loop", Confidence.MEDIUM, kind="helper", asks=(name,))


def settle(finding: AuditFinding, asks: tuple[str, ...], project: Project) -> AuditFinding | None:
    """Keep the calls that lead to something that blocks, and tell the way there."""
    chain = project.blocking_chain(asks[0])
    if not chain:
        return None
    function, place = chain[-1]
    if place is None:
        return None
    way = " → ".join(last_part(one.name) for one, _ in chain)
    confidence = Confidence.MEDIUM if len(chain) <= _NEAR else Confidence.LOW
    return structs.replace(
        finding,
        message=f"`{last_part(asks[0])}` calls `{place.call}` ({function.path}:{place.line}) and holds the event loop",
        confidence=min(confidence, finding.confidence, key=list(reversed(Confidence)).index),
        reasons=(f"{way} → {place.call}", "none of them is asynchronous, and none runs in a thread of its own"),
    )


RULE = Rule(
    code="LP003",
    slug="blocking-helper",
    title="Blocks the event loop further down",
    advice="Call it by `await asyncio.to_thread(...)`, or make it asynchronous down to what waits.",
    page=__doc__ or "",
    check=check,
    settle=settle,
)
