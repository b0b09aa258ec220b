"""What each door needs of a key, all of them in one table. What is not in it is for the administrator of the server."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from longpole.model.workspace import Right

Reach = Literal["named", "decided", "own", "server"]
"""How a door keeps workspaces apart.

`named`: it takes the filter `workspace`, which the guard sets; another one is not found. `decided`: the same, and what
a program says of its workspace does not count, as with everything it sends. `own`: it asks `access_of` itself.
`server`: it tells or changes what belongs to no workspace, and opens only to keys of the whole server.
"""


class Rule(Struct, frozen=True):
    """What one door needs.

    Attributes:
        methods: the methods it is about.
        path: its address, `{}` for a part of one and `{}/...` for all below it.
        rights: of which the key must open one; none where no key is needed.
        reach: how it keeps workspaces apart.
        deed: what the audit log calls it; nothing where it does not tell.
        stays_open: whether it sends on and on, so that the key is looked at again and again.
    """

    methods: tuple[str, ...]
    path: str
    rights: tuple[Right, ...]
    reach: Reach = "named"
    deed: str | None = None
    stays_open: bool = False


OPEN: tuple[Right, ...] = ()
INGEST: tuple[Right, ...] = ("ingest",)
READ: tuple[Right, ...] = ("read",)
ADMIN: tuple[Right, ...] = ("admin",)
_GET = ("GET", "HEAD")

RULES: tuple[Rule, ...] = (
    # Open to everyone: they tell nothing that is stored.
    Rule(_GET, "/healthz", OPEN, "own"),
    Rule(_GET, "/readyz", OPEN, "own"),
    Rule(_GET, "/login", OPEN, "own"),
    Rule(_GET, "/login/{}", OPEN, "own"),
    Rule(_GET, "/theme.js", OPEN, "own"),
    Rule(_GET, "/early.js", OPEN, "own"),
    Rule(_GET, "/longpole.svg", OPEN, "own"),
    Rule(_GET, "/assets/{}", OPEN, "own"),
    Rule(("POST",), "/login", OPEN, "own", "login"),
    Rule(("POST",), "/logout", OPEN, "own", "logout"),
    # Sending.
    Rule(("POST",), "/v1/{}", INGEST, "own"),
    Rule(("POST",), "/api/public/otel/v1/{}", INGEST, "own"),
    Rule(("POST",), "/api/scores", INGEST, "own"),
    Rule(("POST",), "/api/audit/findings", INGEST, "own"),
    Rule(("POST",), "/api/example", INGEST),
    # Reading.
    Rule(_GET, "/api/analysis/{}", READ),
    Rule(_GET, "/api/executions", READ),
    Rule(_GET, "/api/executions/{}", READ),
    Rule(_GET, "/api/executions/{}/{}", READ),
    Rule(_GET, "/api/executions/{}/steps/{}", READ),
    Rule(_GET, "/api/export/executions", READ),
    Rule(_GET, "/api/overview", READ),
    Rule(_GET, "/api/scores", READ),
    Rule(_GET, "/api/processes", READ),
    Rule(_GET, "/api/audit", READ),
    Rule(_GET, "/api/prices", READ),
    Rule(_GET, "/api/dead-letters", READ),
    Rule(_GET, "/api/dead-letters/{}", READ),
    Rule(_GET, "/api/alerts", READ),
    Rule(_GET, "/api/alerts/history", READ),
    Rule(_GET, "/api/alerts/deliveries", READ),
    Rule(_GET, "/api/alerts/rules", READ),
    Rule(_GET, "/api/alerts/rules/{}/preview", READ),
    Rule(("POST",), "/api/alerts/preview", READ, "own"),
    Rule(_GET, "/api/views", READ),
    Rule(_GET, "/api/live", READ, stays_open=True),
    Rule(_GET, "/api/live/events", READ, stays_open=True),
    Rule(_GET, "/api/budgets", (*INGEST, *READ), "decided"),  # programs that send ask whether they may go on
    Rule(_GET, "/api/health", READ, "own"),
    Rule(_GET, "/api/session", READ, "own"),
    Rule(_GET, "/api/ingest", READ, "server"),
    Rule(_GET, "/api/store", READ, "server"),
    Rule(_GET, "/metrics", READ, "server"),
    Rule(("POST",), "/api/sql", READ, "own"),
    Rule(("GET", "POST", "DELETE"), "/mcp", READ, "own"),
    Rule(_GET, "/schema", READ, "own"),
    Rule(_GET, "/schema/{}", READ, "own"),
    # Changing, and what only those see who may change it.
    Rule(_GET, "/api/keys", ADMIN),
    Rule(("POST",), "/api/keys", ADMIN, "own", "key.create"),
    Rule(("DELETE",), "/api/keys/{}", ADMIN, deed="key.revoke"),
    Rule(_GET, "/api/workspaces", ADMIN),
    Rule(_GET, "/api/audit-log", ADMIN),
    Rule(("DELETE",), "/api/executions", ADMIN, deed="executions.delete"),
    Rule(("DELETE",), "/api/executions/{}", ADMIN, deed="execution.delete"),
    Rule(("DELETE",), "/api/dead-letters/{}", ADMIN, deed="dead_letter.drop"),
    Rule(("POST",), "/api/dead-letters/{}/retry", ADMIN, deed="dead_letter.retry"),
    Rule(("PUT",), "/api/alerts/rules", ADMIN, "own", deed="alert_rules.set"),
    Rule(("DELETE",), "/api/alerts/rules/{}", ADMIN, deed="alert_rule.remove"),
    Rule(("PUT",), "/api/alerts/targets", ADMIN, "own", deed="alert_target.set"),
    Rule(("DELETE",), "/api/alerts/targets/{}", ADMIN, deed="alert_target.remove"),
    Rule(("POST",), "/api/alerts/silences", ADMIN, "own", deed="alert_silence.set"),
    Rule(("DELETE",), "/api/alerts/silences/{}", ADMIN, deed="alert_silence.end"),
    Rule(("POST",), "/api/alerts/{}/acknowledge", ADMIN, "own", deed="alert.acknowledge"),
    Rule(("POST",), "/api/audit/findings/{}", ADMIN, "own", deed="audit_finding.state"),
    Rule(("PUT",), "/api/views", ADMIN, "own", deed="view.set"),
    Rule(("DELETE",), "/api/views/{}", ADMIN, deed="view.remove"),
    Rule(_GET, "/api/webhooks", ADMIN),
    Rule(("PUT",), "/api/webhooks", ADMIN, "own", deed="webhook.set"),
    Rule(("DELETE",), "/api/webhooks/{}", ADMIN, deed="webhook.remove"),
    Rule(("POST",), "/api/webhooks/{}/test", ADMIN, deed="webhook.test"),
    Rule(("POST",), "/api/webhooks/{}/replay", ADMIN, deed="webhook.replay"),
    Rule(("PUT",), "/api/prices", ADMIN, "own", deed="price.set"),
    Rule(("DELETE",), "/api/prices", ADMIN, deed="price.remove"),
    Rule(("POST",), "/api/prices/recompute", ADMIN, deed="prices.recompute"),
)

CLOSED = Rule((), "", ADMIN, "server")
"""For what the table does not have."""

ASKING = Rule(("OPTIONS",), "", READ, "own")
"""For which methods an address has."""

PAGE = Rule(_GET, "", READ, "own")
"""For the dashboard's files, which are at all other addresses."""


def compiled(rules: Iterable[Rule]) -> dict[str, list[tuple[re.Pattern[str], Rule]]]:
    """By method, the rules with the pattern of their addresses."""
    found: dict[str, list[tuple[re.Pattern[str], Rule]]] = {}
    for rule in rules:
        pattern = re.compile("[^/]+".join(map(re.escape, rule.path.split("{}"))))
        for method in rule.methods:
            found.setdefault(method, []).append((pattern, rule))
    return found


_INTERFACE = ("/api/", "/schema/", "/v1/", "/mcp/")
_COMPILED = compiled(RULES)


@lru_cache(maxsize=1024)
def rule_of(method: str, path: str) -> Rule:
    """The rule of a request, `CLOSED` for an address of the interface without one. A WebSocket has the method GET."""
    # A slash at the end leads to the same route.
    bare = path.rstrip("/") or "/"
    found = next((rule for pattern, rule in _COMPILED.get(method, ()) if pattern.fullmatch(bare)), None)
    if found is not None:
        return found
    if method == "OPTIONS":
        return ASKING
    return CLOSED if f"{bare}/".startswith(_INTERFACE) else PAGE
