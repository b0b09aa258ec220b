"""What steps do with their time. No structs in here: an agent that is not configured imports it."""

from enum import StrEnum


class Category(StrEnum):
    """What a step does with its time. `llm` is any call of a model, embeddings included (see `Step.operation`)."""

    LLM = "llm"
    TOOL = "tool"
    DATABASE = "database"
    CACHE = "cache"
    HTTP = "http"
    RETRIEVAL = "retrieval"
    AGENT_COMM = "agent_comm"
    RETRY = "retry"
    RATE_LIMIT = "rate_limit"
    QUEUE = "queue"
    VALIDATION = "validation"
    SERIALIZATION = "serialization"
    GUARDRAIL = "guardrail"
    BARRIER_WAIT = "barrier_wait"
    BLOCKED_LOOP = "blocked_loop"
    PROCESSING = "processing"
    AGENT = "agent"
