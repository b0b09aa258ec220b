"""Calls that hold the thread until something outside answers, by full name."""

from typing import Literal

from msgspec import Struct

Kind = Literal["sleep", "http", "subprocess", "database", "file", "input", "wait"]


class Blocking(Struct, frozen=True):
    """What a call waits for, and what to write instead in async code."""

    kind: Kind
    instead: str


_HTTP_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "send", "stream"})
_SQL_VERBS = frozenset(
    {"execute", "executemany", "executescript", "commit", "rollback", "fetchall", "fetchone", "fetchmany", "scalars"}
    | {"scalar", "flush", "refresh", "get", "exec", "merge", "connect", "begin"}
)
_FILE_VERBS = frozenset({"read_text", "write_text", "read_bytes", "write_bytes", "open"})

_SLEEP = Blocking("sleep", "`await asyncio.sleep(...)`")
_HTTP = Blocking("http", "an asynchronous client, such as one `httpx.AsyncClient` for all requests")
_SUBPROCESS = Blocking("subprocess", "`await asyncio.create_subprocess_exec(...)`")
_DATABASE = Blocking("database", "the asynchronous driver, or `await asyncio.to_thread(...)`")
_FILE = Blocking("file", "`await asyncio.to_thread(...)`, where the file is big or far away")
_INPUT = Blocking("input", "`await asyncio.to_thread(input, ...)`")
_WAIT = Blocking("wait", "the asynchronous counterpart, or `await asyncio.to_thread(...)`")

_EXACT = {
    "time.sleep": _SLEEP,
    "urllib.request.urlopen": _HTTP,
    "urllib.request.urlretrieve": _HTTP,
    "litellm.completion": _HTTP,
    "litellm.embedding": _HTTP,
    "ollama.chat": _HTTP,
    "ollama.generate": _HTTP,
    "os.system": _SUBPROCESS,
    "os.waitpid": _SUBPROCESS,
    "psycopg2.connect": _DATABASE,
    "psycopg.connect": _DATABASE,
    "psycopg.Connection.connect": _DATABASE,
    "pymysql.connect": _DATABASE,
    "mysql.connector.connect": _DATABASE,
    "git.Repo.clone_from": _SUBPROCESS,
    "builtins.open": _FILE,
    "shutil.copytree": _FILE,
    "shutil.rmtree": _FILE,
    "shutil.copyfile": _FILE,
    "shutil.make_archive": _FILE,
    "builtins.input": _INPUT,
    "socket.create_connection": _WAIT,
    "smtplib.SMTP": _WAIT,
    "smtplib.SMTP_SSL": _WAIT,
    "queue.Queue.get": _WAIT,
    "queue.Queue.join": _WAIT,
    "threading.Thread.join": _WAIT,
    "threading.Event.wait": _WAIT,
    "multiprocessing.Process.join": _WAIT,
    **{f"subprocess.{verb}": _SUBPROCESS for verb in ("run", "call", "check_call", "check_output", "getoutput")},
    "subprocess.getstatusoutput": _SUBPROCESS,
    "subprocess.Popen.wait": _SUBPROCESS,
    "subprocess.Popen.communicate": _SUBPROCESS,
}

_OF_OBJECT: dict[str, tuple[frozenset[str] | None, Blocking]] = {
    "requests": (_HTTP_VERBS, _HTTP),
    "requests.Session": (_HTTP_VERBS, _HTTP),
    "httpx": (_HTTP_VERBS, _HTTP),
    "httpx.Client": (_HTTP_VERBS, _HTTP),
    "urllib3.PoolManager": (_HTTP_VERBS, _HTTP),
    "boto3.Client": (None, _HTTP),
    "docker.DockerClient": (None, _HTTP),
    "sqlite3.Connection": (_SQL_VERBS, _DATABASE),
    "sqlite3.Cursor": (_SQL_VERBS, _DATABASE),
    "psycopg.Connection": (_SQL_VERBS, _DATABASE),
    "psycopg.Cursor": (_SQL_VERBS, _DATABASE),
    "psycopg2.Connection": (_SQL_VERBS, _DATABASE),
    "psycopg2.Cursor": (_SQL_VERBS, _DATABASE),
    "pymysql.Connection": (_SQL_VERBS, _DATABASE),
    "pymysql.Cursor": (_SQL_VERBS, _DATABASE),
    "duckdb.DuckDBPyConnection": (_SQL_VERBS, _DATABASE),
    "sqlalchemy.Session": (_SQL_VERBS, _DATABASE),
    "sqlalchemy.Connection": (_SQL_VERBS, _DATABASE),
    "sqlalchemy.Engine": (_SQL_VERBS, _DATABASE),
    "redis.Redis": (None, _DATABASE),
    "pathlib.Path": (_FILE_VERBS, _FILE),
}
"""By class or module: which of its functions wait; None means all."""

_CREATES = {
    "openai.OpenAI": _HTTP,
    "openai.AzureOpenAI": _HTTP,
    "anthropic.Anthropic": _HTTP,
    "groq.Groq": _HTTP,
    "mistralai.Mistral": _HTTP,
    "cohere.Client": _HTTP,
}
"""Clients of models: what they have below them and is called `create`, `chat`, `complete`, `parse` or `generate`."""

_MODEL_VERBS = frozenset({"create", "chat", "complete", "parse", "generate", "embed"})
_MONGO_VERBS = frozenset(
    {"find_one", "insert_one", "insert_many", "update_one", "update_many", "delete_one", "aggregate"}
)
_HARMLESS = frozenset({"close", "pipeline", "from_url", "register_script", "pubsub"})


def blocking_call(name: str | None) -> Blocking | None:
    """What a call of this full name waits for; None if it does not wait, or nobody knows."""
    if name is None:
        return None
    found = _EXACT.get(name)
    if found is not None:
        return found
    owner, _, verb = name.rpartition(".")
    known = _OF_OBJECT.get(owner)
    if known is not None:
        verbs, blocking = known
        return blocking if (verbs is None and verb not in _HARMLESS) or (verbs and verb in verbs) else None
    return _deep_call(name, verb)


def _deep_call(name: str, verb: str) -> Blocking | None:
    if verb in _MODEL_VERBS:
        for client, blocking in _CREATES.items():
            if name.startswith(client + "."):
                return blocking
    if verb in _MONGO_VERBS and name.startswith("pymongo.MongoClient."):
        return _DATABASE
    if name.startswith("docker.DockerClient.") and name.count(".") > 2:
        return _HTTP
    return None
