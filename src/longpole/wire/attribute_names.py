"""The one table of attribute names: for each fact about a span, where the conventions keep it, best source first.

Read from top to bottom and left to right: the first name that is present with a usable value wins. Conventions:
OpenTelemetry (GenAI in its three generations, db, http, messaging, rpc, faas, code, MCP), OpenInference,
OpenLLMetry, langfuse, LangSmith, MLflow, logfire, the AI SDK's `ai.*`, `gcp.vertex.agent.*` and Longpole's own.
`ingest/names.py` turns the table into one lookup per attribute; `docs/reference/mapping.md` shows it to users.
"""

from longpole.wire import longpole_names as own

TEXTS: dict[str, tuple[str, ...]] = {
    "execution_id": (own.EXECUTION_ID,),
    "method": (own.METHOD,),
    "agent_id": ("gen_ai.agent.id", "agent.id", "agent_id"),
    "call_reason": (own.CALL_REASON,),
    "stage": (own.EVENT_STAGE,),
    "trigger_type": (own.TRIGGER_TYPE,),
    "trigger_source": (own.TRIGGER_SOURCE,),
    "session_id": (
        "session.id",
        "langfuse.session.id",
        "traceloop.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
        "ai.telemetry.metadata.session_id",
        "mlflow.trace.session",
        "gcp.vertex.agent.session_id",
        "langsmith.metadata.session_id",
        "langsmith.metadata.conversation_id",
        "gen_ai.conversation.id",
        "langsmith.metadata.thread_id",
        "traceloop.association.properties.thread_id",
        "traceloop.association.properties.chat_id",
        "traceloop.association.properties.conversation_id",
        "ai.telemetry.metadata.threadId",
        "conversation.id",
        "session_id",
        "conversation_id",
        "thread_id",
    ),
    "user_id": (
        "user.id",
        "langfuse.user.id",
        "enduser.id",
        "traceloop.association.properties.user_id",
        "ai.telemetry.metadata.userId",
        "ai.telemetry.metadata.user_id",
        "mlflow.trace.user",
        "gcp.vertex.agent.user_id",
        "langsmith.metadata.user_id",
        "gen_ai.user",
        "llm.user",
        "user_id",
    ),
    "version": (
        "gen_ai.agent.version",
        "langfuse.version",
        "langfuse.release",
        "traceloop.entity.version",
        "service.version",
        "app.version",
    ),
    "commit": (own.COMMIT,),
    "credits_unit": (own.CREDITS_UNIT,),
    "environment": (
        "deployment.environment.name",
        "deployment.environment",
        "langfuse.environment",
        "traceloop.association.properties.environment",
    ),
    "runtime_mode": (own.RUNTIME_MODE,),
    "service": ("service.name",),
    "process": ("service.instance.id",),
    "provider": (
        "gen_ai.provider.name",
        "gen_ai.system",
        "llm.provider",
        "llm.system",
        "ai.model.provider",
        "langsmith.metadata.ls_provider",
        "traceloop.association.properties.ls_provider",
        "mlflow.llm.provider",
        "llm.vendor",
    ),
    "model": (
        "gen_ai.response.model",
        "llm.response.model_name",
        "llm.response.model",
        "ai.response.model",
        "gen_ai.request.model",
        "llm.request.model_name",
        "llm.model_name",
        "embedding.model_name",
        "reranker.model_name",
        "langfuse.observation.model.name",
        "mlflow.llm.model",
        "llm.request.model",
        "ai.model.id",
        "langsmith.metadata.ls_model_name",
        "traceloop.association.properties.ls_model_name",
        "model_name",
        "model",
    ),
    "tool": (
        "gen_ai.tool.name",
        "tool.name",
        "ai.toolCall.name",
        "tool_call.function.name",
        "haystack.tool.name",
        "mcp.tool.name",
        "tool_name",
    ),
    "error_type": ("error.type", "exception.type", "gen_ai.error.type"),
    "error_message": (
        "error.message",
        "exception.message",
        "langfuse.observation.status_message",
        "gen_ai.error.message",
        "agent.error",
    ),
    "code_file": ("code.file.path", "code.filepath"),
    "code_function": ("code.function.name", "code.function"),
    "argument_hash": (own.ARGUMENT_HASH,),
    "price_tier": (
        own.PRICE_TIER,
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "gen_ai.response.service_tier",
        "gen_ai.usage.service_tier",
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
        "gen_ai.request.service_tier",
    ),
}
"""Facts that are a text."""

STRUCTURES: dict[str, tuple[str, ...]] = {
    "checkpoints": (own.CHECKPOINTS,),
    "execution_graph": (own.EXECUTION_GRAPH,),
    "api_calls": ("longpole.api_calls",),
}
"""Facts that are a text, mostly JSON; lists and objects become JSON."""

COUNTS: dict[str, tuple[str, ...]] = {
    "input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens",
        "llm.usage.input_tokens",
        "llm.usage.prompt_tokens",
        "gen_ai.aggregated_usage.input_tokens",
        "input_tokens",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
        "llm.usage.output_tokens",
        "llm.usage.completion_tokens",
        "gen_ai.aggregated_usage.output_tokens",
        "output_tokens",
    ),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_read_input_tokens",
        "gen_ai.usage.details.cached_tokens",
        "gen_ai.usage.input_tokens.cached",
        "llm.token_count.prompt_details.cache_read",
        "llm.token_count.prompt_details.cache_input",
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "ai.usage.cachedInputTokens",
        "llm.usage.cache_read_input_tokens",
        "anthropic.cache_read_input_tokens",
        "openai.cached_input_tokens",
        "gen_ai.aggregated_usage.cache_read.input_tokens",
        "gen_ai.aggregated_usage.details.cache_read_tokens",
        "cache_read_tokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_write_input_tokens",
        "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens",
        "llm.token_count.prompt_details.cache_write",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        "llm.usage.cache_creation_input_tokens",
        "anthropic.cache_creation_input_tokens",
        "openai.cache_write_tokens",
        "gen_ai.aggregated_usage.cache_creation.input_tokens",
        "gen_ai.aggregated_usage.details.cache_write_tokens",
        "cache_creation_tokens",
    ),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens",
        "gen_ai.usage.output_tokens.reasoning",
        "llm.token_count.completion_details.reasoning",
        "ai.usage.outputTokenDetails.reasoningTokens",
        "ai.usage.reasoningTokens",
        "llm.usage.reasoning_tokens",
        "openai.reasoning_tokens",
        "gen_ai.aggregated_usage.details.reasoning_tokens",
    ),
    "input_audio_tokens": (
        "gen_ai.usage.input_audio_tokens",
        "gen_ai.usage.details.input_audio_tokens",
        "gen_ai.usage.audio.input_tokens",
        "llm.token_count.prompt_details.audio",
        "gen_ai.aggregated_usage.details.input_audio_tokens",
    ),
    "output_audio_tokens": (
        "gen_ai.usage.output_audio_tokens",
        "gen_ai.usage.details.output_audio_tokens",
        "gen_ai.usage.audio.output_tokens",
        "llm.token_count.completion_details.audio",
        "gen_ai.aggregated_usage.details.output_audio_tokens",
    ),
    "cache_write_1h_tokens": (
        "gen_ai.usage.cache_write_1h_tokens",
        "gen_ai.usage.details.cache_write_1h_tokens",
        "gen_ai.usage.details.ephemeral_1h_input_tokens",
    ),
    "step_index": (
        own.STEP_INDEX,
        "traceloop.association.properties.langgraph_step",
        "langfuse.observation.metadata.langgraph_step",
        "langsmith.metadata.langgraph_step",
    ),
    "steps_announced": (own.STEPS_TOTAL,),
    "steps_reported": (own.STEPS_COMPLETED,),
    "attempt": (own.ATTEMPT, "gen_ai.request.attempt", "messaging.message.delivery_attempt", "attempt"),
    "code_line": ("code.line.number", "code.lineno"),
}
"""Facts that are a whole number, zero or more. Anything else under the name counts as not sent."""

NUMBERS: dict[str, tuple[str, ...]] = {
    "credits": (own.CREDITS,),
    "memory_usage_mb": (own.MEMORY_MB,),
    "weight": (own.WEIGHT,),
}
"""Facts that are a finite number."""

SCALED: dict[str, tuple[tuple[str, float], ...]] = {
    "first_token_ns": (
        (own.FIRST_TOKEN_NS, 1.0),
        ("gen_ai.response.time_to_first_chunk", 1e9),
        ("ai.response.msToFirstChunk", 1e6),
        ("ai.stream.msToFirstChunk", 1e6),
        ("gen_ai.server.time_to_first_token", 1e9),
        ("gen_ai.response.time_to_first_token", 1e9),
        ("ttft_ms", 1e6),
    ),
    "http_status": (("http.response.status_code", 1.0), ("http.status_code", 1.0)),
    "resends": (("http.request.resend_count", 1.0), ("http.resend_count", 1.0), ("http.retry_count", 1.0)),
}
"""Numbers that need a factor to reach the unit of the fact (nanoseconds; a count)."""

HINTS: dict[str, tuple[str, ...]] = {
    "own_kind": (own.KIND,),
    "own_agent": (own.AGENT,),
    "own_category": (own.CATEGORY,),
    "own_step_type": (own.STEP_TYPE,),
    "own_status": (own.STATUS,),
    "asked_model": (
        "gen_ai.request.model",
        "llm.request.model_name",
        "llm.model_name",
        "langfuse.observation.model.name",
        "mlflow.llm.model",
        "llm.request.model",
        "ai.model.id",
    ),
    "agent_name": (
        "ai.telemetry.functionId",
        "gen_ai.agent.name",
        "agent.name",
        "agent_name",
        "langfuse.observation.metadata.lc_agent_name",
        "langsmith.metadata.lc_agent_name",
        "traceloop.association.properties.lc_agent_name",
        "haystack.agent.name",
    ),
    "workflow_name": ("gen_ai.workflow.name", "workflow.name", "traceloop.workflow.name", "haystack.pipeline.name"),
    "entity_name": ("traceloop.entity.name",),
    "graph_node": ("graph.node.name", "graph.node.id"),
    "completion_start": ("langfuse.observation.completion_start_time",),
    "level": ("langfuse.observation.level",),
    "span_type": ("logfire.span_type",),
    "sentence": ("logfire.msg",),
    "pending_parent": ("logfire.pending_parent_id",),
    "code_namespace": ("code.namespace",),
    "db_operation": ("db.operation.name", "db.operation"),
    "mcp_method": ("mcp.method.name",),
    "http_route": ("http.route",),
    "http_method": ("http.request.method", "http.method"),
    "faas_trigger": ("faas.trigger",),
    "faas_name": ("faas.name",),
    "messaging_destination": (
        "messaging.destination.name",
        "messaging.destination",
        "messaging.source.name",
    ),
    "host": ("host.name",),
    "pid": ("process.pid",),
    "stack": ("exception.stacktrace", "error.stack"),
}
"""Texts that a rule needs to know and no column keeps under this name."""

OBJECTS: dict[str, tuple[str, ...]] = {
    "metadata": ("metadata", "langfuse.observation.metadata", "langsmith.metadata"),
    "reported_usage": (own.USAGE,),
    "usage_details": ("langfuse.observation.usage_details", "mlflow.chat.tokenUsage"),
    "input_details": ("gen_ai.usage.input_token_details",),
    "output_details": ("gen_ai.usage.output_token_details",),
    "client_cost_details": ("langfuse.observation.cost_details", "mlflow.llm.cost"),
}
"""JSON objects, also as text, that hold several facts."""

FLAGS: dict[str, tuple[str, ...]] = {
    "is_open": (own.OPEN,),
    "success": ("success",),
}
"""True or false."""

COSTS = ("operation.cost", "gen_ai.usage.cost", "llm.cost.total", "gen_ai.cost", "cost_usd", "gen_ai.usage.total_cost")
"""What a client says a call cost, in dollars. Used only for a model whose price is not known here."""

INPUTS = (
    own.INPUT,
    "gen_ai.tool.call.arguments",
    "gen_ai.input.messages",
    "{llm.input_messages}",
    "{gen_ai.prompt}",
    "gen_ai.prompt",
    "ai.prompt.messages",
    "ai.prompt",
    "ai.toolCall.args",
    "ai.value",
    "ai.values",
    "langfuse.observation.input",
    "mlflow.spanInputs",
    "tool_arguments",
    "gcp.vertex.agent.tool_call_args",
    "gcp.vertex.agent.llm_request",
    "input.value",
    "traceloop.entity.input",
    "gen_ai.task.input",
    "genkit:input",
    "haystack.tool.input",
    "haystack.agent.step.tool.input",
    "haystack.agent.step.llm.input",
    "haystack.component.input",
    "haystack.pipeline.input_data",
    "langsmith.entity.input",
    "mcp.request.argument",
    "{embedding.embeddings}",
    "{reranker.input_documents}",
    "gen_ai.retrieval.query.text",
    "db.query.text",
    "db.statement",
    "pydantic_ai.all_messages",
    "all_messages_events",
    "events",
    "user_prompt",
    "langfuse.trace.input",
)
"""Where the input of a span is kept. A name in braces is the head of a flattened list: `llm.input_messages.0...`."""

OUTPUTS = (
    own.OUTPUT,
    "gen_ai.tool.call.result",
    "gen_ai.output.messages",
    "{llm.output_messages}",
    "{gen_ai.completion}",
    "gen_ai.completion",
    "ai.response.text",
    "ai.response.object",
    "ai.response.toolCalls",
    "ai.result.text",
    "ai.result.object",
    "ai.result.toolCalls",
    "ai.toolCall.result",
    "langfuse.observation.output",
    "mlflow.spanOutputs",
    "tool_response",
    "gcp.vertex.agent.tool_response",
    "gcp.vertex.agent.llm_response",
    "output.value",
    "traceloop.entity.output",
    "gen_ai.task.output",
    "final_result",
    "genkit:output",
    "haystack.tool.output",
    "haystack.agent.step.tool.output",
    "haystack.agent.step.llm.output",
    "haystack.component.output",
    "haystack.pipeline.output_data",
    "langsmith.entity.output",
    "mcp.response.value",
    "ai.embedding",
    "ai.embeddings",
    "{retrieval.documents}",
    "{reranker.output_documents}",
    "gen_ai.retrieval.documents",
    "langfuse.trace.output",
)
"""Where the output of a span is kept."""

WRAPPERS = frozenset({"message", "tool_call", "message_content", "document", "embedding"})
"""Words that flattened lists put around every entry: `llm.input_messages.0.message.role` is `[{"role": ...}]`."""

INPUT_EVENTS: dict[str, str] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.content.prompt": "",
}
"""Span events that carry one message of the input, and the role of it."""

OUTPUT_EVENTS: dict[str, str] = {"gen_ai.choice": "assistant", "gen_ai.content.completion": ""}
"""Span events that carry one message of the output."""

DETAILS_EVENT = "gen_ai.client.inference.operation.details"
"""A span event or log record whose attributes are those of the call, messages included."""

FIRST_TOKEN_EVENTS = frozenset(
    {
        own.EVENT_FIRST_TOKEN,
        "longpole.llm.first_chunk",
        "ai.stream.firstChunk",
        "First Token Stream Event",
        "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
        "gen_ai.first_token",
    }
)
"""Span events of which the first marks the first token."""
