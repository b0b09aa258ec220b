"""What it finds
: A message to the same listener for each item of a loop: a websocket, an event bus, a progress callback.

Why it matters
: Each message is serialised, sent and drawn by itself. A run over 500 URLs sends 500 messages, and the run waits for
  each of them. A person sees ten a second at most.

When not to worry
: Silent: a stream that is passed on as it comes (`async for`), a conversation (`while True`), the same message to many
  listeners, and messages that are the work itself, such as a task for another agent or an entry of a queue.

How to mend
: Collect and send once per batch or per 100 ms, or send a count. Leave it out where nobody watches.

```python
# one message per URL
for url in urls:
    await websocket.send_json({"added": url})

# one message
await websocket.send_json({"added": urls})
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit import flow
from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import last_name, names_bound, names_read, root_name, walk
from longpole.model.finding import Confidence

_SENDS = re.compile(
    r"_*(send_(json|text|bytes|str|update|progress|status|event|notification|state)\w*|emit(_\w+)?|broadcast(_\w+)?|notify(_\w+)?"
    r"|publish(_\w+)?|stream_output|push_(update|event|state)\w*|report_progress|on_progress|progress_callback|send_message_to_\w+"
    r"|(send|report|post)_\w*(progress|status|update|event|notification)s?)$"
)
_PLAIN_SEND = re.compile(r"(send|put_event|write_message)$")
_LISTENERS = re.compile(
    r"(^|_)(websocket|ws|socket|sio|socketio|socket_manager|sse|event_bus|bus|notifier)$", re.IGNORECASE
)
_WORK = re.compile(
    r"(task|job|work|command|request|topic|queue|recipient|target|partition|routing|address|mail|email)", re.IGNORECASE
)


def check(names: Names) -> Iterator[Hit]:
    """Sends in `for` loops whose listener stays the same from round to round."""
    for call in names.source.calls:
        loop = names.source.loop_of(call)
        if not isinstance(loop, ast.For) or not _is_message(call) or names.source.is_in_test(call):
            continue
        items = flow.derived(loop) | _outer_items(names, loop)
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        if receiver is not None and root_name(receiver) in items:
            continue
        if isinstance(call.func, ast.Name) and call.func.id in items:
            continue
        if _is_work(call, items) or _is_batch(loop) or _is_ended(names, call, loop):
            continue
        is_sent = isinstance(names.source.parents.get(call), ast.Await) or _LISTENERS.search(last_name(receiver))
        is_about_item = bool(items & names_read(call))
        yield hit_at(
            call,
            f"`{last_name(call.func)}` sends one message per item of `{ast.unparse(loop.iter)[:40]}`",
            Confidence.MEDIUM if is_sent and is_about_item else Confidence.LOW,
            reasons=("the listener is the same in every round",),
        )


def _is_message(call: ast.Call) -> bool:
    name = last_name(call.func)
    if _SENDS.match(name):
        return True
    return (
        bool(_PLAIN_SEND.match(name))
        and isinstance(call.func, ast.Attribute)
        and bool(_LISTENERS.search(last_name(call.func.value)))
    )


def _outer_items(names: Names, loop: ast.For) -> set[str]:
    """The items of loops around: a listener that changes with the outer loop is another one."""
    outer = [one for one in names.source.around(loop) if isinstance(one, ast.For | ast.AsyncFor)]
    return {name for one in outer for name in names_bound(one.target)}


def _is_work(call: ast.Call, items: set[str]) -> bool:
    """A different recipient per item, or a name that says that the message is a piece of work."""
    for keyword in call.keywords:
        if keyword.arg and _WORK.search(keyword.arg) and items & names_read(keyword.value):
            return True
    if any(isinstance(one, ast.Name) and one.id in items and _WORK.search(one.id) for one in call.args):
        return True
    return bool(_WORK.search(last_name(call.func)))


def _is_batch(loop: ast.For) -> bool:
    """Batches already, a stream that is passed on, many listeners, or attempts of which the first success ends it."""
    text = f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}".lower()
    if re.search(r"stream|chunks|generator|attempt|retr(y|ies)|fallback", text):
        return True
    if any(isinstance(one, ast.Return) for one in flow.own_nodes(loop)):
        return True
    return any(
        word in text
        for word in ("batch", "chunk", "page", "group", "client", "connection", "subscriber", "listener", "socket")
    )


def _is_ended(names: Names, call: ast.Call, loop: ast.For) -> bool:
    """The loop ends right after the message, or the message tells of an error: one at most, or few."""
    for outer in names.source.around(call):
        if outer is loop:
            return False
        if isinstance(outer, ast.ExceptHandler):
            return True
        body: list[ast.stmt] = getattr(outer, "body", [])
        if isinstance(outer, ast.If) and any(isinstance(one, ast.Break | ast.Return | ast.Raise) for one in body):
            return True
        if isinstance(outer, ast.If) and any(
            isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mod) for one in walk(outer.test)
        ):
            return True
    return False


RULE = Rule(
    code="LP005",
    slug="notification-per-item",
    title="One message per item",
    advice="Collect what is to be told and send it once, or at most ten times a second.",
    page=__doc__ or "",
    check=check,
)
