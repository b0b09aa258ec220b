"""What the values of the conventions' kind attributes mean: the category of a step, and whether it is an execution.

The second half of the table in `attribute_names.py`. `MEANINGS` is read from top to bottom: the first attribute that is
present with a value listed here decides; a value that is not listed leaves the decision to the next attribute.
"""

from typing import NamedTuple


class Meaning(NamedTuple):
    """What a span is.

    `kind` is "agent" or "workflow" for an execution, "root" for one that is a workflow only when it has no parent, and
    None for a step. `operation` is the word of the GenAI conventions, where there is one.
    """

    category: str
    operation: str | None = None
    kind: str | None = None


AGENT = Meaning("agent", "invoke_agent", "agent")
WORKFLOW = Meaning("agent", "invoke_workflow", "workflow")
CHAIN = Meaning("processing", None, "root")
PROCESSING = Meaning("processing")
CHAT = Meaning("llm", "chat")
EMBEDDINGS = Meaning("llm", "embeddings")
RERANK = Meaning("llm", "rerank")
TOOL = Meaning("tool", "execute_tool")
RETRIEVAL = Meaning("retrieval", "retrieval")
MEMORY = Meaning("database")
HANDOFF = Meaning("agent_comm", "handoff")
GUARDRAIL = Meaning("guardrail")
VALIDATION = Meaning("validation")
SERIALIZATION = Meaning("serialization")
DATABASE = Meaning("database")
CACHE = Meaning("cache")
QUEUE = Meaning("queue")
HTTP = Meaning("http")
AGENT_COMM = Meaning("agent_comm")

MEANINGS: dict[str, dict[str, Meaning]] = {
    "gen_ai.operation.name": {
        "chat": CHAT,
        "generate_content": Meaning("llm", "generate_content"),
        "text_completion": Meaning("llm", "text_completion"),
        "completion": Meaning("llm", "text_completion"),
        "completions": Meaning("llm", "text_completion"),
        "generate": CHAT,
        "response": CHAT,
        "responses": CHAT,
        "message": CHAT,
        "messages": CHAT,
        "converse": CHAT,
        "embedding": EMBEDDINGS,
        "embeddings": EMBEDDINGS,
        "rerank": RERANK,
        "image_generation": Meaning("llm", "image_generation"),
        "speech": Meaning("llm", "speech"),
        "transcription": Meaning("llm", "transcription"),
        "invoke_agent": AGENT,
        "agent_run": AGENT,
        "invoke_workflow": WORKFLOW,
        "create_agent": Meaning("agent", "create_agent"),
        "execute_tool": TOOL,
        "tool_call": TOOL,
        "execute_task": Meaning("processing", "execute_task"),
        "plan": Meaning("processing", "plan"),
        "retrieval": RETRIEVAL,
        "retrieve": RETRIEVAL,
        "search_memory": Meaning("retrieval", "search_memory"),
        "create_memory": Meaning("database", "create_memory"),
        "update_memory": Meaning("database", "update_memory"),
        "upsert_memory": Meaning("database", "upsert_memory"),
        "delete_memory": Meaning("database", "delete_memory"),
        "create_memory_store": Meaning("database", "create_memory_store"),
        "delete_memory_store": Meaning("database", "delete_memory_store"),
        "handoff": HANDOFF,
        "guardrail": GUARDRAIL,
    },
    "openinference.span.kind": {
        "llm": CHAT,
        "embedding": EMBEDDINGS,
        "reranker": RERANK,
        "retriever": RETRIEVAL,
        "tool": TOOL,
        "agent": AGENT,
        "chain": CHAIN,
        "guardrail": GUARDRAIL,
        "evaluator": Meaning("validation", "evaluate"),
        "prompt": PROCESSING,
    },
    "traceloop.span.kind": {"workflow": WORKFLOW, "agent": AGENT, "tool": TOOL, "task": PROCESSING},
    "ai.operationId": {
        "ai.generatetext": AGENT,
        "ai.streamtext": AGENT,
        "ai.generateobject": AGENT,
        "ai.streamobject": AGENT,
        "ai.toolcall": TOOL,
        "ai.embed": EMBEDDINGS,
        "ai.embedmany": EMBEDDINGS,
        "ai.rerank": RERANK,
        "ai.generatetext.dogenerate": CHAT,
        "ai.streamtext.dostream": CHAT,
        "ai.generateobject.dogenerate": CHAT,
        "ai.streamobject.dostream": CHAT,
        "ai.embed.doembed": EMBEDDINGS,
        "ai.embedmany.doembed": EMBEDDINGS,
        "ai.rerank.dorerank": RERANK,
    },
    "langfuse.observation.type": {
        "generation": CHAT,
        "embedding": EMBEDDINGS,
        "agent": AGENT,
        "tool": TOOL,
        "chain": CHAIN,
        "retriever": RETRIEVAL,
        "guardrail": GUARDRAIL,
        "evaluator": Meaning("validation", "evaluate"),
    },
    "langsmith.span.kind": {
        "llm": CHAT,
        "chain": CHAIN,
        "tool": TOOL,
        "retriever": RETRIEVAL,
        "embedding": EMBEDDINGS,
        "prompt": PROCESSING,
        "parser": SERIALIZATION,
    },
    "mlflow.spanType": {
        "llm": CHAT,
        "chat_model": CHAT,
        "embedding": EMBEDDINGS,
        "reranker": RERANK,
        "agent": AGENT,
        "workflow": WORKFLOW,
        "chain": CHAIN,
        "tool": TOOL,
        "retriever": RETRIEVAL,
        "parser": SERIALIZATION,
        "memory": MEMORY,
        "guardrail": GUARDRAIL,
        "evaluator": Meaning("validation", "evaluate"),
        "task": PROCESSING,
    },
    "genkit:metadata:subtype": {
        "model": CHAT,
        "background-model": CHAT,
        "embedder": EMBEDDINGS,
        "reranker": RERANK,
        "tool": TOOL,
        "tool.v2": TOOL,
        "retriever": RETRIEVAL,
        "evaluator": Meaning("validation", "evaluate"),
    },
    "genkit:type": {"flow": CHAIN},
    "llm.request.type": {
        "chat": CHAT,
        "completion": Meaning("llm", "text_completion"),
        "embedding": EMBEDDINGS,
        "rerank": RERANK,
    },
    "span.type": {
        "interaction": AGENT,
        "llm_request": CHAT,
        "tool": TOOL,
        "tool.execution": PROCESSING,
        "tool.blocked_on_user": QUEUE,
    },
    "db.system.name": {
        "redis": CACHE,
        "valkey": CACHE,
        "memcached": CACHE,
    },
}
"""Attribute, then its value in lower case without quotation marks."""

PRESENCE: dict[str, Meaning] = {
    "mcp.method.name": HTTP,
    "gen_ai.tool.name": TOOL,
    "gen_ai.tool.call.id": TOOL,
    "haystack.tool.name": TOOL,
    "gen_ai.data_source.id": RETRIEVAL,
    "cache.hit": CACHE,
    "cache.key": CACHE,
    "db.system.name": DATABASE,
    "db.system": DATABASE,
    "db.query.text": DATABASE,
    "db.statement": DATABASE,
    "validation_method": VALIDATION,
    "messaging.system": QUEUE,
    "messaging.operation": AGENT_COMM,
    "messaging.operation.name": AGENT_COMM,
    "messaging.destination": AGENT_COMM,
    "message.source_id": AGENT_COMM,
    "message.destination_executor_id": AGENT_COMM,
    "rpc.system": HTTP,
    "rpc.system.name": HTTP,
    "http.request.method": HTTP,
    "http.method": HTTP,
    "url.full": HTTP,
    "http.url": HTTP,
    "http.status_code": HTTP,
    "http.response.status_code": HTTP,
    "asgi.event.type": HTTP,
    "graphql.operation.type": HTTP,
    "haystack.pipeline.name": CHAIN,
    "haystack.component.name": PROCESSING,
    "tool.name": TOOL,
    "llm.model_name": CHAT,
    "gen_ai.request.model": CHAT,
    "gen_ai.response.model": CHAT,
    "longpole.usage": CHAT,
    "langfuse.observation.usage_details": CHAT,
    "langfuse.observation.model.name": CHAT,
}
"""If no value decides, the presence of an attribute does, again from top to bottom."""

PRESENCE_PREFIXES: dict[str, Meaning] = {"a2a.": AGENT_COMM}
"""The same for every attribute whose name begins so."""

MCP_METHODS: dict[str, Meaning] = {
    "tools/call": TOOL,
    "resources/read": RETRIEVAL,
    "prompts/get": RETRIEVAL,
    "sampling/createmessage": CHAT,
}
"""`mcp.method.name` in lower case; the others (initialize, ping, tools/list ...) are requests like any: http."""

SPAN_NAMES: tuple[tuple[str, str, Meaning], ...] = (
    ("prefix", "invoke_agent ", AGENT),
    ("prefix", "agent_run [", AGENT),
    ("prefix", "invoke_workflow ", WORKFLOW),
    ("prefix", "workflow.run", WORKFLOW),
    ("prefix", "execute_tool ", TOOL),
    ("prefix", "create_agent ", Meaning("agent", "create_agent")),
    ("prefix", "haystack.agent.run", AGENT),
    ("prefix", "haystack.pipeline.run", CHAIN),
)
"""If no attribute decides at all, the span's name does."""

SENTENCES: tuple[tuple[str, str, Meaning], ...] = (
    ("prefix", "Agent run: ", AGENT),
    ("prefix", "Function: ", TOOL),
    ("prefix", "Handoff: ", HANDOFF),
)
"""Or, where the span's name is a template (`Agent run: {name!r}`), the sentence that was made of it."""

CHAIN_NAMES: tuple[tuple[str, str, Meaning], ...] = (
    ("suffix", ".kickoff", WORKFLOW),
    ("suffix", ".kickoff_async", WORKFLOW),
)
"""A chain of such a name is a workflow also when it has a parent."""

TOOL_NAMES: tuple[tuple[str, str, Meaning], ...] = (
    ("prefix", "handoff to ", HANDOFF),
    ("prefix", "handoff from ", HANDOFF),
    ("prefix", "handoff", HANDOFF),
    ("prefix", "transfer_to_", HANDOFF),
)
"""A tool of such a name hands the work to another agent."""

AGENT_NAME_PREFIXES = (
    "Agent run: ",
    "invoke_agent ",
    "invoke_workflow ",
    "agent_run [",
    "invocation [",
    "execute_agent ",
    "create_agent ",
)
"""Taken off a span's name, with the closing bracket, to get the name of the agent when no attribute gives it."""

TOOL_NAME_PREFIXES = ("execute_tool ", "running tool: ", "tools/call ", "Function: ")
"""Taken off a span's name to get the name of the tool when no attribute gives it; without one it is the whole name."""

AGENT_NAME_SUFFIXES = (".workflow", ".agent", ".kickoff", ".kickoff_async", "._execute_core", ".execute", ".run")
"""Likewise, at the end."""

GRAPHS = ("langgraph", "langchain_create_agent")
"""What `ls_integration` of a span's `metadata` calls a graph of LangGraph."""

OPERATION_CATEGORIES = frozenset({"llm", "http", "database", "cache", "retrieval"})
"""Steps of these categories are of the type `api_call`."""

LOOP_NAMES = r"(?i)^(turn|step|iteration|cycle|loop|event[ _]loop|execute_event_loop)([ _-]?(cycle|\d+))?$"
"""A processing step of such a name is one round of a loop."""

DECISION_NAMES = r"(?i)^(should_\w+|route|router|routing|route_\w+|decide_\w+|choose_\w+|handoff\b.*)$"
"""A step of such a name decides what runs next."""

TIMEOUT_TYPES = ("timeout", "deadline_exceeded", "deadlineexceeded", "timed_out")
"""An error type that holds one of these (in lower case) is a timeout; so are the status codes 408 and 504."""

TIMEOUT_MESSAGES = r"(?i)\btimed[ -]out\b|\bdeadline exceeded\b|\btimeout (?:exceeded|after|while|waiting|error|of \d)|\b(?:request|read|connect(?:ion)?|gateway|operation|tool) timeout\b"  # noqa: E501
"""An error message that matches is a timeout, whatever its type."""

LLM_PROVIDER_SUFFIXES = frozenset(
    {"chat", "responses", "completion", "completions", "messages", "embedding", "embeddings", "image", "speech"}
    | {"generative-ai", "transcription", "reranking", "language-model"}
)
"""`openai.chat` names the provider `openai`: the last part is dropped when it is one of these."""

TRIGGERS: dict[str, str] = {"http": "api", "timer": "scheduled", "pubsub": "queue", "datasource": "event"}
"""`faas.trigger` in the words of the execution analytics specification; others are kept as they are."""
