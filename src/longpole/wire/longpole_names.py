"""Longpole's own attribute and event names on OTLP spans and logs; everything else uses the conventions of others.

Used where no convention has a name (open steps, decisions, stages, call reasons); see `docs/reference/mapping.md`.
"""

# Attributes of a span
KIND = "longpole.kind"  # "agent", "workflow" or "step": decides over every convention
OPEN = "longpole.open"  # true: the span has started and not ended; its end time is 0 and it will be sent again
EXECUTION_ID = "longpole.execution.id"
AGENT = "longpole.agent"
METHOD = "longpole.method"
CATEGORY = "longpole.category"
STATUS = "longpole.status"  # one of ExecutionStatus; decides over the span's status code
STEP_TYPE = "longpole.step.type"
STEP_INDEX = "longpole.step.index"
STEPS_TOTAL = "longpole.steps.total"
CALL_REASON = "longpole.call.reason"
TRIGGER_TYPE = "longpole.trigger.type"
TRIGGER_SOURCE = "longpole.trigger.source"
RUNTIME_MODE = "longpole.runtime_mode"
CREDITS = "longpole.credits"
CHECKPOINTS = "longpole.checkpoints"
EXECUTION_GRAPH = "longpole.execution_graph"
MEMORY_MB = "longpole.process.memory_mb"
ATTEMPT = "longpole.attempt"
WEIGHT = "longpole.weight"
LEFT_OUT = "longpole.left_out"  # how many events and attributes of the span there was no room for (256 KB each span)
LATENCY_MS = "longpole.latency_ms"  # of a model call, as the program measured it
TOTAL_TOKENS = "longpole.tokens.total"  # of a model call, where the program did not say how many went in and out
PRICE_TIER = "longpole.price.tier"  # of a model call: "batch", "flex", "priority", ..., as its provider calls it
USAGE = "longpole.usage"  # of a model call: the usage object that its provider answered with, as JSON
FIRST_TOKEN_NS = "longpole.first_token_ns"
INPUT = "longpole.input"
OUTPUT = "longpole.output"
ARGUMENT_HASH = "longpole.argument_hash"
WORKSPACE = "longpole.workspace"  # also a resource attribute
STEPS_COMPLETED = "longpole.steps.completed"
CREDITS_UNIT = "longpole.credits.unit"
CPU_NS = "longpole.cpu_ns"  # CPU of the step's own thread; of an async step only while it ran
MEMORY_DELTA_BYTES = "longpole.process.memory_delta_bytes"  # of the whole process, between start and end of the step
MEMORY_PEAK_BYTES = "longpole.process.memory_peak_bytes"
BLOCKED_NS = "longpole.loop_blocked_ns"  # how long a step stood still because another one blocked the event loop
BLOCK_CAUSE = "longpole.loop_block.cause"  # of a blocked_loop step: work, wait, gc or not_scheduled
BLOCK_CPU_NS = "longpole.loop_block.cpu_ns"  # CPU of the loop's thread while it was seen to stand
BLOCK_SAMPLES = "longpole.loop_block.samples"  # how often the stack was looked at
STACK = "code.stacktrace"  # of a blocked_loop step: the stack that was seen most, outermost first
RETRY_CAUSE = "longpole.retry.cause"  # of a retry or rate_limit step: type of the error, or HTTP status, waited for
RETRY_AFTER_MS = "longpole.retry.after_ms"  # of the same: what the server asked for in `retry-after`
QUEUE_POOL = "longpole.queue.pool"  # of a queue step: which pool of threads
REMEDY = "longpole.remedy"  # of a step that a remedy made: pipeline, cache, semantic_cache, stream, batch_state, ...
REMEDY_OUTCOME = "longpole.remedy.outcome"  # of the same, in the remedy's own words: hit, miss, timeout, cancelled, ...
REMEDY_SAVED_NS = "longpole.remedy.saved_ns"  # what the work would have taken longer without the remedy
CACHE_AGE_NS = "longpole.cache.age_ns"  # of a cache step that hit: for how long the answer has been there
CACHE_SIMILARITY = "longpole.cache.similarity"  # of a semantic_cache step: to the nearest question, -1 to 1
PIPELINE_AFTER = "longpole.pipeline.after"  # of a step of a pipeline: the steps whose results it waited for
STREAM_PIECES = "longpole.stream.pieces"  # of a stream step: how many pieces came
STREAM_CHUNKS = "longpole.stream.chunks"  # how many were handed on
STREAM_LONGEST_GAP_NS = "longpole.stream.longest_gap_ns"  # the longest time without a piece, behind the first one
STREAM_READER_NS = "longpole.stream.waited_for_reader_ns"  # how long pieces were not fetched because too many waited
STATE_CHANGES = "longpole.state.changes"  # of a batch_state step: how many changes its transaction holds
STATE_UP_TO = "longpole.state.up_to"  # the number of the latest of them, from 1
NOTIFY_TOLD = "longpole.notify.told"  # of a notify step: how many messages were told
NOTIFY_SENT = "longpole.notify.sent"  # and how many were sent
RUNTIME_CPU_NS = "longpole.runtime.cpu_ns"  # of an execution, as those that follow: of the whole process meanwhile
RUNTIME_MEMORY_PEAK_BYTES = "longpole.runtime.memory_peak_bytes"
RUNTIME_MEMORY_DELTA_BYTES = "longpole.runtime.memory_delta_bytes"
RUNTIME_THREADS = "longpole.runtime.threads"  # most at once
RUNTIME_GC_NS = "longpole.runtime.gc_ns"  # pauses of the garbage collector
RUNTIME_GC_PAUSES = "longpole.runtime.gc_pauses"
RUNTIME_EXECUTORS = (
    "longpole.runtime.executors"  # pools of threads that the execution made; what follows is its own too
)
RUNTIME_WEBSOCKET_MESSAGES = "longpole.runtime.websocket_messages"  # sent
RUNTIME_WEBSOCKET_BYTES = "longpole.runtime.websocket_bytes"  # of texts the letters
RUNTIME_VALIDATIONS = "longpole.runtime.validations"  # by pydantic
RUNTIME_VALIDATION_NS = "longpole.runtime.validation_ns"
RUNTIME_SERIALIZATIONS = "longpole.runtime.serializations"  # by pydantic, and by json where that is asked for
RUNTIME_SERIALIZATION_NS = "longpole.runtime.serialization_ns"
PROMPT_HASH = "longpole.prompt_hash"  # of a model call's system prompt and tools, where their text is not sent
FOLDED_STEPS = "longpole.folded.steps"  # of a step that stands for a run of like ones (rules against noise): how many
FOLDED_DURATION_NS = "longpole.folded.duration_ns"  # of the same: what they took together
FOLDED_LONGEST_NS = "longpole.folded.longest_ns"  # of the same: the longest of them
REPLAY_OF = "longpole.replay.of"  # of an execution that ran against a recording: the execution that was recorded
REPLAY_SERVED = "longpole.replay.served"  # true: the step's result came from the recording
REPLAY_RESULT = "longpole.replay.result"  # "exact": the output gives the result back; else why it does not
REPLAY_ITEMS = "longpole.replay.items"  # of a recorded stream, as JSON: [nanoseconds since its start, item], ...
REPLAY_ERROR = "longpole.replay.error"  # of a recorded failure, as JSON: {module, name, arguments, state}
REPLAY_EXCHANGE = "longpole.replay.exchange"  # true: the step is one HTTP request with its whole answer
REPLAY_CLOCK = "longpole.replay.clock"  # what the program read off the wall clock in the step, as epoch nanoseconds
REPLAY_CLOCK_BEFORE = "longpole.replay.clock_before"  # of an execution: readings since the one before, in none
REPLAY_SEED = "longpole.replay.seed"  # what chance in this process was made of while it was recorded
COMMIT = "vcs.ref.head.revision"  # resource attribute
SCOPE_PREFIX = "longpole.scope."  # vault and other scopes: longpole.scope.vault_id = ...

LOG_EXCEPTION = "longpole.log.exception"  # of a log line: the exception that was logged with it, as text

# Values of attributes
REPLAY_TIER = "replay"  # of `PRICE_TIER`: the model was not asked, its answer came from a recording, so that it cost 0

# Names of span events
EVENT_STAGE = "longpole.stage"  # {stage, status, duration_ms, message}
EVENT_DECISION = "longpole.decision"  # {candidate, considered, score, threshold, outcome, reason}
EVENT_LOG = "longpole.log"  # {level, message, ...}
EVENT_FIRST_TOKEN = "longpole.first_token"
EVENT_ASKED_TO_WAIT = "longpole.asked_to_wait"  # {longpole.retry.after_ms, http.response.status_code, server.address}
EVENT_FOLDED = "longpole.folded"  # made by the server: the step stands for a run, its message says of how many
EVENT_BLOCKED = "longpole.loop_blocked"  # {duration_ms, by, code.*}: on a step that suffered

# Statuses of a stage event
STAGE_STARTED, STAGE_COMPLETED, STAGE_LEFT_OPEN = "started", "completed", "left_open"
STAGE_FAILED = "failed"  # the execution failed in it

# Log records without a trace (`event_name`)
AGENT_REGISTERED = "longpole.agent.registered"  # {longpole.agent, longpole.method, code.*}
SDK_DROPPED = "longpole.sdk.dropped"  # {count}: steps that the SDK could not keep
HEARTBEAT = "longpole.process.heartbeat"  # {interval_ms, open, recorded, dropped, background_ns, caller_ns, sent_bytes}
SCORE = "gen_ai.evaluation.result"  # {gen_ai.evaluation.name, .score.value, .score.label, .explanation}

# Attribute of the scope around what is sent: the numbers of the spans or log records, "0-511,600-620"
NUMBERS = "longpole.numbers"

# Header by which a Longpole server makes itself known; only then are open steps sent
SERVER_HEADER = "x-longpole-version"
