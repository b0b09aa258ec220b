"""The table of libraries that `longpole.instrument` knows, as data.

Chosen on 2026-11-21 among what is kept, by one program per library against a provider that counts:

- openai, anthropic: opentelemetry-instrumentation-genai-* 1.3b0. Of 13 calls each (plain, tools, streams, both APIs,
  stream helpers, errors, sync and async) every token count equals the provider's, and the first token is told.
  OpenInference agrees but for the time of the first token, and writes each message three times; OpenLLMetry 0.62.4
  counts Anthropic's streams one token too high and shows no stream that its reader left.
- langchain, langgraph, openai_agents, pydantic_ai, haystack: modules of our own; each says why.
- databases, HTTP, queues: OpenTelemetry's own. Other models and frameworks: OpenInference, where it has none.
- google_adk, strands_agents, autogen: what they have built in.
"""

from typing import Literal, NamedTuple

Kind = Literal["model", "framework", "http", "database", "queue", "retries", "logs", "tracing"]


class Target(NamedTuple):
    """What is turned on when a module is imported: an instrumentor `package.module:Class`, or a module of our own.

    `is_range_checked` is false where the instrumentor works with later versions of the library than it says.
    `argument` is what `install()` and `remove()` of our module are given. `after` is a module that is imported before
    the instrumentor replaces anything, so that it keeps the originals.
    """

    module: str
    how: str
    is_range_checked: bool = True
    argument: str = ""
    after: str = ""


class Library(NamedTuple):
    """One row.

    `library` is what pip calls it (empty: it comes with Python), `package` what pip calls the instrumentor (empty:
    nothing more is needed). `others` are further instrumentors of the same library: where the program uses one, ours
    stays off. `mark` is a file or folder that the package holds, where its module has a name that anybody might use.
    `waits` are hooks of ours that add the library's pauses between tries, or for a connection of its pool; `names`
    those that add what its spans leave out: whose run it is.
    """

    name: str
    kind: Kind
    library: str
    package: str
    targets: tuple[Target, ...]
    others: tuple[str, ...] = ()
    mark: str = ""
    waits: tuple[Target, ...] = ()
    names: tuple[Target, ...] = ()

    @property
    def command(self) -> str:
        """How to install what it takes."""
        needed = (self.library, self.package, "opentelemetry-sdk" if self.package else "")
        return " ".join(("pip install", *filter(None, needed))) if any(needed) else "comes with Python"

    @property
    def makers(self) -> tuple[Target, ...]:
        """What makes its steps, and names them."""
        return self.targets + self.names

    @property
    def everything(self) -> tuple[Target, ...]:
        """All targets, the waits among them."""
        return self.makers + self.waits


_OWN = "longpole.record.instrument."
_CONTRIB = "opentelemetry.instrumentation."
_INFERENCE = "openinference.instrumentation."


def _own(
    name: str, kind: Kind, library: str, module: str, file: str, others: tuple[str, ...] = (), mark: str = ""
) -> Library:
    return Library(name, kind, library, "", (Target(module, _OWN + file),), others, mark)


def _built_in(
    name: str, library: str, module: str, scope: str, mark: str = "", names: tuple[Target, ...] = ()
) -> Library:
    """A framework that makes spans of OpenTelemetry by itself, under this scope, and only has to find a provider."""
    target, others = Target(module, f"{_OWN}opentelemetry", argument=scope), (f"{_INFERENCE}{name}",)
    return Library(name, "framework", f"{library} opentelemetry-sdk", "", (target,), others, mark, names=names)


def _pool(module: str) -> Target:
    """The waits for a connection of a pool."""
    return Target(module, f"{_OWN}pool_waits", argument=module)


def _contrib(
    name: str,
    kind: Kind,
    instrumentor: str,
    *,
    library: str = "",
    module: str = "",
    waits: tuple[Target, ...] = (),
) -> Library:
    """A library with an instrumentor of OpenTelemetry's contrib repository."""
    package = "opentelemetry-instrumentation-" + instrumentor.partition(":")[0].replace("_", "-").replace(".", "-")
    of_python = name == "sqlite3"
    return Library(
        name,
        kind,
        "" if of_python else library or name,
        package,
        (Target(module or name, _CONTRIB + instrumentor),),
        waits=waits,
    )


def _inference(
    name: str,
    kind: Kind,
    instrumentor: str,
    *,
    library: str = "",
    module: str = "",
    names: tuple[Target, ...] = (),
) -> Library:
    """A library with an instrumentor of OpenInference."""
    package = "openinference-instrumentation-" + name.replace("_", "-")
    others = (f"{_CONTRIB}{name}", f"{_CONTRIB}genai.{name}", f"{_CONTRIB}{name.replace('_', '')}")
    targets = (Target(module or name, f"{_INFERENCE}{name}:{instrumentor}"),)
    return Library(name, kind, library or name, package, targets, others, names=names)


def _genai(name: str, instrumentor: str, others: tuple[str, ...] = ()) -> Library:
    """A model client with an instrumentor of OpenTelemetry's GenAI group."""
    package = f"opentelemetry-instrumentation-genai-{name}"
    further = (f"{_INFERENCE}{name}", f"{_CONTRIB}{name}", *others)
    targets = (Target(name, f"{_CONTRIB}genai.{name}:{instrumentor}"),)
    waits = (Target(name, f"{_OWN}retry_waits", argument=name),)
    return Library(name, "model", name, package, targets, further, waits=waits)


_CHAIN_OTHERS = (f"{_INFERENCE}langchain", f"{_CONTRIB}langchain", f"{_CONTRIB}genai.langchain")
_AGENTS_OTHERS = (
    f"{_INFERENCE}openai_agents",
    f"{_CONTRIB}openai_agents",
    f"{_CONTRIB}genai.openai_agents",
)
_PYDANTIC_OTHERS = (f"{_INFERENCE}pydantic_ai",)

LIBRARIES: dict[str, Library] = {
    row.name: row
    for row in (
        _genai("openai", "OpenAIInstrumentor", (f"{_CONTRIB}openai_v2", "langfuse.openai")),
        _genai("anthropic", "AnthropicInstrumentor"),
        Library(
            "google_genai",
            "model",
            "google-genai",
            "opentelemetry-instrumentation-google-genai",
            # 1.0b0 says below 3; tried with 3.4.0.
            (Target("google.genai", f"{_CONTRIB}google_genai:GoogleGenAiSdkInstrumentor", is_range_checked=False),),
            (f"{_INFERENCE}google_genai",),
        ),
        # The package itself has no code of its own to be imported, so that nothing could notice it.
        _inference("mistralai", "model", "MistralAIInstrumentor", module="mistralai.client"),
        Library(
            "groq",
            "model",
            "groq",
            "opentelemetry-instrumentation-groq",
            # OpenLLMetry's: with OpenInference 0.1.33 a stream has no model, no tokens, and ends before it is read.
            (Target("groq", f"{_CONTRIB}groq:GroqInstrumentor"),),
            (f"{_INFERENCE}groq", f"{_CONTRIB}genai.groq"),
        ),
        _inference("ollama", "model", "OllamaInstrumentor"),
        _inference("litellm", "model", "LiteLLMInstrumentor"),
        Library(
            "botocore",
            "model",
            "botocore",
            "opentelemetry-instrumentation-botocore",
            (
                Target("botocore", f"{_CONTRIB}botocore:BotocoreInstrumentor"),
                Target("aiobotocore", f"{_CONTRIB}botocore:AiobotocoreInstrumentor"),
            ),
            (f"{_INFERENCE}bedrock", f"{_CONTRIB}bedrock", f"{_CONTRIB}genai.bedrock"),
        ),
        _own("openai_agents", "framework", "openai-agents", "agents", "openai_agents", _AGENTS_OTHERS, "tracing"),
        _own("langgraph", "framework", "langgraph", "langchain_core", "langchain", _CHAIN_OTHERS),
        _own("langchain", "framework", "langchain-core", "langchain_core", "langchain", _CHAIN_OTHERS),
        _own(
            "pydantic_ai", "framework", "pydantic-ai-slim", "pydantic_ai", "pydantic_ai", (f"{_INFERENCE}pydantic_ai",)
        ),
        _inference(
            "llama_index",
            "framework",
            "LlamaIndexInstrumentor",
            library="llama-index-core",
            module="llama_index.core",
            names=(Target(f"{_INFERENCE}llama_index._handler", f"{_OWN}llama_index_agents"),),
        ),
        _inference("crewai", "framework", "CrewAIInstrumentor"),
        _inference("dspy", "framework", "DSPyInstrumentor"),
        _own(
            "haystack",
            "framework",
            "haystack-ai opentelemetry-sdk",
            "haystack",
            "haystack",
            (f"{_INFERENCE}haystack", f"{_CONTRIB}haystack"),
            "tracing",
        ),
        _inference("smolagents", "framework", "SmolagentsInstrumentor"),
        _inference("agno", "framework", "AgnoInstrumentor"),
        _built_in("google_adk", "google-adk", "google.adk", "gcp.vertex.agent"),
        _built_in("strands_agents", "strands-agents", "strands", "strands.telemetry.tracer", "telemetry"),
        _built_in(
            "autogen",
            "autogen-agentchat",
            "autogen_core",
            "autogen-core",
            names=(Target("autogen_agentchat.teams._group_chat._base_group_chat", f"{_OWN}autogen_teams"),),
        ),
        _inference("mcp", "framework", "MCPInstrumentor"),
        Library(
            "httpx",
            "http",
            "httpx",
            "opentelemetry-instrumentation-httpx",
            (
                Target("httpx", f"{_CONTRIB}httpx:HTTPXClientInstrumentor"),
                Target("httpx2", f"{_CONTRIB}httpx:HTTPX2ClientInstrumentor"),
            ),
            waits=(Target("httpx", f"{_OWN}httpx_waits"), Target("httpx2", f"{_OWN}httpx_waits")),
        ),
        _contrib("requests", "http", "requests:RequestsInstrumentor"),
        _contrib("aiohttp", "http", "aiohttp_client:AioHttpClientInstrumentor"),
        Library(
            "sqlalchemy",
            "database",
            "sqlalchemy",
            "opentelemetry-instrumentation-sqlalchemy",
            # 0.66b1 says below 2.1; tried with 2.1.9.
            # An asynchronous engine makes a plain one, by the replaced function if it finds that: each query would be
            # shown twice, once without an end.
            (
                Target(
                    "sqlalchemy",
                    f"{_CONTRIB}sqlalchemy:SQLAlchemyInstrumentor",
                    is_range_checked=False,
                    after="sqlalchemy.ext.asyncio",
                ),
            ),
            waits=(_pool("sqlalchemy.pool"),),
        ),
        _contrib("asyncpg", "database", "asyncpg:AsyncPGInstrumentor", waits=(_pool("asyncpg.pool"),)),
        _contrib("psycopg", "database", "psycopg:PsycopgInstrumentor", waits=(_pool("psycopg_pool"),)),
        _contrib("psycopg2", "database", "psycopg2:Psycopg2Instrumentor"),
        _contrib("pymysql", "database", "pymysql:PyMySQLInstrumentor"),
        _contrib("sqlite3", "database", "sqlite3:SQLite3Instrumentor"),
        _contrib("pymongo", "database", "pymongo:PymongoInstrumentor"),
        _contrib("redis", "database", "redis:RedisInstrumentor"),
        _contrib("celery", "queue", "celery:CeleryInstrumentor"),
        _own("tenacity", "retries", "tenacity", "tenacity", "tenacity"),
        _own("stamina", "retries", "stamina", "stamina", "stamina"),
        _own("opentelemetry", "tracing", "opentelemetry-sdk", "opentelemetry.trace", "opentelemetry"),
        _own("logging", "logs", "", "logging", "logging"),
        _own("structlog", "logs", "structlog", "structlog", "structlog"),
    )
}

UNDER_SQLALCHEMY = ("asyncpg", "psycopg", "psycopg2", "pymysql", "sqlite3")
"""Drivers whose queries SQLAlchemy's instrumentor shows already: by itself Longpole turns on one of the two only."""

WHOLE_TRACERS = ("traceloop.sdk", "langfuse", "logfire", "phoenix.otel", "openlit", "agentops")
"""Packages by which a program traces its models and frameworks itself."""
