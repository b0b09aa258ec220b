"""What it finds
: An engine, a client or a pool that is made on every call, or in a loop, and thrown away; and an SQLAlchemy engine
  without any setting of its pool.

Why it matters
: A new client starts with nothing: a name look-up, a TCP and a TLS handshake, a login, 50 to 300 ms before the first
  byte. An engine without settings has SQLAlchemy's own pool of 5 and 10 more: enough for a few agents, a queue for 50.

When not to worry
: How bad a default pool is shows in the measured wait for a connection; without a wait it is fine. Silent: clients that
  are kept or given back, factories, start-up, scripts that run once, `NullPool` chosen on purpose, SQLite, and a client
  that serves many requests of the one call.

How to mend
: Make the client once, at start-up or at the top of the module, and close it at the end. Say `pool_size` for engines.
  `--fix` moves a client without arguments of the call to the top of the module.

```python
# a handshake per question
async def ask(question):
    client = AsyncOpenAI()
    return await client.responses.create(model=MODEL, input=question)

# one
client = AsyncOpenAI()

async def ask(question):
    return await client.responses.create(model=MODEL, input=question)
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import FUNCTIONS, Function, has_decorator, last_name, names_bound, walk, walk_own
from longpole.model.finding import Confidence

_ENGINES = frozenset({"sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"})
_POOL_SETTINGS = re.compile(r"(pool\w*|max_overflow|creator|async_creator|strategy)$")
CLIENTS = frozenset(
    {
        "requests.Session",
        "httpx.Client",
        "httpx.AsyncClient",
        "aiohttp.ClientSession",
        "openai.OpenAI",
        "openai.AsyncOpenAI",
    }
    | {"openai.AzureOpenAI", "openai.AsyncAzureOpenAI", "anthropic.Anthropic", "anthropic.AsyncAnthropic", "groq.Groq"}
    | {"groq.AsyncGroq", "mistralai.Mistral", "pymongo.MongoClient", "motor.motor_asyncio.AsyncIOMotorClient"}
    | {"redis.Redis", "redis.asyncio.Redis", "redis.from_url", "redis.asyncio.from_url", "redis.Redis.from_url"}
    | {"redis.asyncio.Redis.from_url", "asyncpg.create_pool", "asyncpg.connect", "psycopg_pool.ConnectionPool"}
    | {"psycopg_pool.AsyncConnectionPool", "psycopg2.connect", "psycopg.connect", "pymysql.connect", "boto3.client"}
    | {"boto3.resource", "qdrant_client.QdrantClient", "qdrant_client.AsyncQdrantClient", "chromadb.HttpClient"}
    | {"elasticsearch.Elasticsearch", "elasticsearch.AsyncElasticsearch", "neo4j.GraphDatabase.driver", "cohere.Client"}
    | {"weaviate.Client", "httpx.HTTPTransport", "urllib3.PoolManager", "google.cloud.storage.Client"}
)
_MAKERS = re.compile(
    r"^_*(__init__|__post_init__|__new__|__enter__|__aenter__|main|a?main|cli|run_migrations\w*|lifespan|startup|shutdown"
    r"|setup\w*|set_up|init\w*|start|on_start\w*|configure\w*|bootstrap\w*|connect\w*|open|create_\w+|make_\w+|build_\w+"
    r"|new_\w+|init_\w+|get_(\w+_)?(client|engine|session|pool|connection|conn|db|redis|http|driver|llm|model|async_client|s3|resource)\w*"
    r"|_?(client|engine|session|pool|connection|driver|redis|db|http_client|http)|.*_(factory|client|engine|session|pool))$"
)
_ENV = re.compile(r"(^|/)(alembic|migrations?|env\.py)(/|$)|(^|/)(setup|conf|noxfile|fabfile)\.py$")


def check(names: Names) -> Iterator[Hit]:
    """Engines by their settings, and clients made in functions or loops."""
    if _ENV.search(names.source.path):
        return
    for call in names.source.calls:
        name = names.of(call.func)
        if name in _ENGINES:
            yield from _engine(names, call)
        elif name in CLIENTS:
            yield from _client(names, call, name)


def _engine(names: Names, call: ast.Call) -> Iterator[Hit]:
    per_call = _per_call(names, call)
    if per_call is not None:
        yield _hit(call, per_call)
        return
    settings = [keyword.arg for keyword in call.keywords]
    if None in settings or any(_POOL_SETTINGS.search(one or "") for one in settings) or names.source.is_in_test(call):
        return
    address = call.args[0] if call.args else None
    if address is None or "sqlite" in _text_of(names, address).lower() or ":memory:" in _text_of(names, address):
        return
    function = names.source.function_of(call)
    is_script = isinstance(function, FUNCTIONS) and function.name in ("main", "cli")
    yield hit_at(
        call,
        f"`{last_name(call.func)}` says nothing about its pool: 5 connections, and 10 more for a short time",
        Confidence.LOW if is_script else Confidence.MEDIUM,
        kind="engine",
        reasons=("none of `pool_size`, `max_overflow`, `poolclass`, `pool_pre_ping` is given",),
        advice="Choose `pool_size` and `max_overflow` for as many agents as run at once; the measured wait decides.",
    )


def _text_of(names: Names, node: ast.expr) -> str:
    """An expression as text, a name together with what it is bound to at the top of the module."""
    text = ast.unparse(node)
    if isinstance(node, ast.Name):
        for value in names.source.scopes[names.source.tree].values.get(node.id, ()):
            text += " " + ast.unparse(value) if isinstance(value, ast.Constant | ast.JoinedStr) else ""
    return text


def _client(names: Names, call: ast.Call, name: str) -> Iterator[Hit]:
    found = _per_call(names, call)
    if found is not None:
        yield _hit(call, found)


class _PerCall:
    """Where a client is made again and again."""

    def __init__(self, where: str, confidence: Confidence) -> None:
        self.where = where
        self.confidence = confidence


def _hit(call: ast.Call, found: _PerCall) -> Hit:
    return hit_at(
        call,
        f"`{ast.unparse(call.func)}` is made {found.where} and thrown away",
        found.confidence,
        kind="client",
        reasons=("it is neither kept nor given back",),
        advice="Make it once, at start-up or at the top of the module, and use it for all calls.",
    )


def _per_call(names: Names, call: ast.Call) -> _PerCall | None:
    """Whether this object lives as long as one call of its function; None if it is kept, given back, or made once."""
    source = names.source
    function = source.function_of(call)
    if not isinstance(function, FUNCTIONS) or source.is_in_test(call):
        return None
    if is_kept(names, call, function):
        return None
    loop = source.loop_of(call)
    if isinstance(loop, ast.For | ast.AsyncFor):
        return None if _depends_on(names, call, loop) else _PerCall("in every round of a loop", Confidence.HIGH)
    if _MAKERS.match(function.name) or is_made_once(function):
        return None
    if serves_many(names, call, function) or _is_script(names):
        return None
    return _PerCall(f"on every call of `{function.name}`", Confidence.MEDIUM)


def is_kept(names: Names, call: ast.Call, function: Function) -> bool:
    """Whether an object is given back, or stored in something that outlives the call of the function.

    Also what is handed on to another object counts: that may keep it.
    """
    source = names.source
    inner: ast.AST = call
    for outer in source.ancestors(call):
        if isinstance(outer, ast.Return | ast.Yield | ast.YieldFrom):
            return True
        if isinstance(outer, ast.withitem | ast.Attribute):
            break
        if isinstance(outer, ast.Call | ast.keyword | ast.Dict | ast.List | ast.Tuple):
            return not (isinstance(outer, ast.Call) and inner is outer.func)
        if isinstance(outer, ast.stmt):
            break
        inner = outer
    statement = source.statement_of(call)
    targets: list[ast.expr] = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    if any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets):
        return True
    bound = {name for target in targets for name in names_bound(target)}
    if isinstance(statement, ast.With | ast.AsyncWith):
        bound = {name for item in statement.items if item.optional_vars for name in names_bound(item.optional_vars)}
        if any(isinstance(one, ast.Yield) for one in walk_own(function)):
            return True
        return _is_given_on(function, bound, only_back=True)
    return _is_global(function, bound) or _is_given_on(function, bound)


def _is_global(function: Function, bound: set[str]) -> bool:
    told = {name for one in walk_own(function) if isinstance(one, ast.Global | ast.Nonlocal) for name in one.names}
    return bool(told & bound)


def _is_given_on(function: Function, bound: set[str], *, only_back: bool = False) -> bool:
    """Whether one of these names is returned, yielded, stored, or passed to something that is made with it."""
    for node in walk(function):
        values: list[ast.expr | None] = []
        if isinstance(node, ast.Return | ast.Yield):
            values = [node.value, *(node.value.elts if isinstance(node.value, ast.Tuple) else [])]
        elif only_back:
            continue
        elif isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Attribute | ast.Subscript) for one in node.targets
        ):
            values = [node.value]
        elif isinstance(node, ast.Call) and (
            last_name(node.func)[:1].isupper() or last_name(node.func) in ("cls", "__init__", "partial")
        ):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
        if any(isinstance(value, ast.Name) and value.id in bound for value in values):
            return True
    return False


def is_made_once(function: Function) -> bool:
    """A function whose result is kept by a decorator, or that runs at the start."""
    return has_decorator(
        function,
        *(
            "cache",
            "lru_cache",
            "cached_property",
            "cached",
            "alru_cache",
            "fixture",
            "asynccontextmanager",
            "contextmanager",
        ),
        *("on_event", "command", "callback", "task", "cache_resource", "st_cache_resource", "singleton", "startup"),
    )


def serves_many(names: Names, call: ast.Call, function: Function) -> bool:
    """Whether a loop or a `gather` in the same function uses what was made before it: then one serves many."""
    statement = names.source.statement_of(call)
    bound = names_bound(statement) if isinstance(statement, ast.Assign | ast.AnnAssign) else set[str]()
    if isinstance(statement, ast.With | ast.AsyncWith):
        bound = {name for item in statement.items if item.optional_vars for name in names_bound(item.optional_vars)}
    for node in walk_own(function):
        is_loop = isinstance(
            node, ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp
        )
        is_many = isinstance(node, ast.Call) and last_name(node.func) in (
            "gather",
            "TaskGroup",
            "as_completed",
            "map",
            "starmap",
        )
        is_other = (is_loop or is_many) and not any(one is call for one in walk(node))
        if is_other and any(isinstance(one, ast.Name) and one.id in bound for one in walk(node)):
            return True
    return (
        sum(
            isinstance(one, ast.Name) and one.id in bound and isinstance(one.ctx, ast.Load)
            for one in walk_own(function)
        )
        > _MANY
    )


_MANY = 3
"""Uses in one call from which a client of its own is paid for."""


def _depends_on(names: Names, call: ast.Call, loop: ast.For | ast.AsyncFor) -> bool:
    """Made with the item of the loop: another client each round."""
    item = names_bound(loop.target)
    used = {one.id for one in walk(call) if isinstance(one, ast.Name)}
    return bool(item & used) or any(word in ast.unparse(loop.iter).lower() for word in ("range", "retries", "attempt"))


def _is_script(names: Names) -> bool:
    """A file that runs itself: `if __name__ == "__main__"`."""
    return any(
        isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and "__name__" in ast.unparse(node.test)
        for node in names.source.tree.body
    )


RULE = Rule(
    code="LP010",
    slug="client-per-call",
    title="Engine, client or pool made anew, or without settings",
    advice="Make it once and keep it; say how many connections its pool may hold.",
    page=__doc__ or "",
    check=check,
    mends=True,
)
