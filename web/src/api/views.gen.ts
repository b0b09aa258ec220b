// Made from the views in src/longpole/reports by scripts/generate_web_types.py; do not edit.
// Times inside an execution are integer nanoseconds, shares 0 to 1, null is unknown.

/** Where an execution or a step stands. Only the last five are final. */
export type ExecutionStatus =
  | "pending"
  | "running"
  | "llm_request"
  | "llm_response"
  | "success"
  | "failed"
  | "timeout"
  | "skipped"
  | "crashed";

/** The eight phases that an execution passes, in order (tracking guide, "Execution Stages"). */
export type ExecutionStage =
  | "init"
  | "should_respond"
  | "pre_process"
  | "llm_prepare"
  | "llm_call"
  | "llm_parse"
  | "post_process"
  | "complete";

/** What a step does with its time. `llm` is any call of a model, embeddings included (see `Step.operation`). */
export type Category =
  | "llm"
  | "tool"
  | "database"
  | "cache"
  | "http"
  | "retrieval"
  | "agent_comm"
  | "retry"
  | "rate_limit"
  | "queue"
  | "validation"
  | "serialization"
  | "guardrail"
  | "barrier_wait"
  | "blocked_loop"
  | "processing"
  | "agent";

/** What an event tells. */
export type EventKind =
  | "stage"
  | "log"
  | "decision"
  | "exception"
  | "first_token"
  | "blocked"
  | "other";

/** One row of the execution list. `duration_ns` is null while it runs; tokens and cost cover the whole subtree. `scopes` are what it belongs to beside its session and user, such as a vault. It stands for `weight` executions, more than one where executions were sampled. */
export interface ExecutionItem {
  readonly execution_id: string;
  readonly trace_id: string;
  readonly parent_execution_id: string | null;
  readonly root_execution_id: string;
  readonly agent: string;
  readonly method: string | null;
  readonly kind: string;
  readonly status: string;
  readonly stage: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly duration_ns: number | null;
  readonly steps_total: number;
  readonly steps_completed: number;
  readonly steps_failed: number;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cost_usd: number | null;
  readonly model: string | null;
  readonly model_calls: number;
  readonly model_calls_without_usage: number;
  readonly model_calls_without_cost: number;
  readonly tool_calls: number;
  readonly retries: number;
  readonly agents_skipped: number;
  readonly error_type: string | null;
  readonly error_message: string | null;
  readonly session_id: string | null;
  readonly user_id: string | null;
  readonly version: string | null;
  readonly environment: string | null;
  readonly workspace: string;
  readonly service: string | null;
  readonly runtime_mode: string | null;
  readonly trigger_type: string | null;
  readonly trigger_source: string | null;
  readonly credits: number | null;
  readonly credits_unit: string | null;
  readonly scopes: Readonly<Record<string, string>> | null;
  readonly weight: number;
  readonly category_ns: Readonly<Record<string, number>> | null;
  readonly is_settled: boolean;
}

/** A page of the list. `next_cursor` is null on the last page; `limit` was the most it could hold. */
export interface ExecutionPage {
  readonly items: readonly ExecutionItem[];
  readonly next_cursor: string | null;
}

/** An execution inside a tree. `offset_ns` counts from the start of the tree's top execution. */
export interface ExecutionNode {
  readonly execution_id: string;
  readonly span_id: string;
  readonly parent_execution_id: string | null;
  readonly parent_step_id?: string | null;
  readonly agent: string;
  readonly method?: string | null;
  readonly kind: string;
  readonly status: string;
  readonly stage?: string | null;
  readonly offset_ns: number;
  readonly duration_ns?: number | null;
  readonly self_ns?: number | null;
  readonly critical_ns?: number | null;
  readonly depth?: number;
  readonly call_reason?: string | null;
  readonly model?: string | null;
  readonly process?: string | null;
  readonly checkpoints?: unknown;
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cost_usd?: number | null;
  readonly error_type?: string | null;
  readonly error_message?: string | null;
  readonly code_file?: string | null;
  readonly code_line?: number | null;
  readonly category_ns?: Readonly<Record<string, number>> | null;
}

/** A step inside a tree, without its bodies. Absent fields have their default (null, 0 or false). `parent_step_id` names another step's `step_id` or an execution's `span_id`. `total_tokens` is input and output together, of a model call whose client told only that. */
export interface StepNode {
  readonly step_id: string;
  readonly execution_id: string;
  readonly parent_step_id?: string | null;
  readonly name: string;
  readonly category: string;
  readonly status: string;
  readonly offset_ns: number;
  readonly duration_ns?: number | null;
  readonly self_ns?: number | null;
  readonly critical_ns?: number | null;
  readonly slack_ns?: number | null;
  readonly first_token_ns?: number | null;
  readonly step_type?: string | null;
  readonly operation?: string | null;
  readonly model?: string | null;
  readonly tool?: string | null;
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly total_tokens?: number | null;
  readonly cost_usd?: number | null;
  readonly attempt?: number | null;
  readonly error_type?: string | null;
  readonly is_outside?: boolean;
}

/** An instant inside a tree. */
export interface EventNode {
  readonly span_id: string;
  readonly execution_id: string | null;
  readonly offset_ns: number;
  readonly name: string;
  readonly kind: string;
  readonly level?: string | null;
  readonly message?: string | null;
  readonly stage?: string | null;
  readonly status?: string | null;
  readonly duration_ns?: number | null;
}

/** A stage that an execution inside a tree passed; `duration_ns` is null while it is in it. `status` is "started" (it is in it), "completed", "failed" (what ended the execution ended it) or "left_open" (the program forgot to complete it). */
export interface StageNode {
  readonly execution_id: string;
  readonly stage: string;
  readonly status: string;
  readonly offset_ns: number;
  readonly duration_ns?: number | null;
  readonly message?: string | null;
}

/** A candidate that was considered inside a tree, and what came of it. */
export interface DecisionNode {
  readonly span_id: string;
  readonly execution_id: string | null;
  readonly offset_ns: number;
  readonly candidate: string;
  readonly considered?: boolean;
  readonly score?: number | null;
  readonly threshold?: number | null;
  readonly outcome?: string | null;
  readonly reason?: string | null;
}

/** How this agent's other finished executions behave; absent under 30 of them, because percentiles would mislead. */
export interface Usual {
  readonly executions: number;
  readonly p50_ns: number;
  readonly p95_ns: number;
  readonly slower_than: number;
}

/** A stretch of the critical path, in order of time. The stretches sum to the execution's duration. `category` is that of the step, of a request below a model call that of the call. */
export interface PathStep {
  readonly node_id: string;
  readonly name: string;
  readonly category: string;
  readonly offset_ns: number;
  readonly duration_ns: number;
}

/** How much of an execution's wall time its steps explain (`share`, 0 to 1), and how many operations have times. `gaps` counts those longer than 100 ms; `largest_gap_ns` is the longest of any length, null without one. */
export interface CoverageSummary {
  readonly share: number;
  readonly gaps: number;
  readonly largest_gap_ns: number | null;
  readonly operations: number;
  readonly timed: number;
}

/** A judgement about an execution, made elsewhere: a number, a label, or both. */
export interface ScoreItem {
  readonly execution_id: string;
  readonly agent: string | null;
  readonly name: string;
  readonly value: number | null;
  readonly label: string | null;
  readonly comment: string | null;
  readonly time: string;
  readonly workspace: string;
}

/** Something worth telling about an execution, with its evidence. `saving_ns` lies on the critical path. */
export interface FindingItem {
  readonly finding_id: string;
  readonly execution_id: string | null;
  readonly rule: string;
  readonly title: string;
  readonly advice: string;
  readonly confidence: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly saving_ns: number | null;
  readonly code_file: string | null;
  readonly code_line: number | null;
  readonly code_function: string | null;
}

/** A program with Longpole's SDK in it, by its last sign of life; counts are since its start, null is not told. `background_ns` is CPU of Longpole's threads, `caller_ns` an estimate of what recording took from the program's own. `overhead_share` is both together as a share of the wall time since the start, `cpu_ns_per_step` by recorded step. `ended_at` is when it said goodbye; without it, it runs or has vanished. */
export interface ProcessItem {
  readonly process: string;
  readonly service: string | null;
  readonly version: string | null;
  readonly environment: string | null;
  readonly workspace: string;
  readonly started_at: string | null;
  readonly last_heard_at: string;
  readonly ended_at: string | null;
  readonly recorded: number | null;
  readonly dropped: number | null;
  readonly open_count: number | null;
  readonly background_ns: number | null;
  readonly caller_ns: number | null;
  readonly sent_bytes: number | null;
  readonly overhead_share: number | null;
  readonly cpu_ns_per_step: number | null;
}

/** Two processes whose clocks are seen to differ: `skew_ns` is `process` minus `against`, negative is behind. The truth lies between `low_ns` and `high_ns`; without `low_ns` it may be further behind than `skew_ns`. `impossible` spans of `crossings` have times that cannot be. All times are shown as they were told. */
export interface ClockItem {
  readonly process: string;
  readonly against: string;
  readonly skew_ns: number;
  readonly low_ns: number | null;
  readonly high_ns: number;
  readonly impossible: number;
  readonly crossings: number;
}

/** One execution with everything below it, as a skeleton: bodies come one by one from the step's own address. `shares` splits the duration into categories and sums to it exactly; `unexplained` is one of them. `doing` names the innermost steps (and executions without steps) that are open, or were when their process vanished. `processes` are those that the executions ran in, as far as they tell of themselves; `clocks` are those that are seen to differ. */
export interface ExecutionTree {
  readonly execution: ExecutionItem;
  readonly started_at: string;
  readonly duration_ns: number | null;
  readonly usual: Usual | null;
  readonly shares: Readonly<Record<string, number>>;
  readonly critical_path: readonly PathStep[];
  readonly executions: readonly ExecutionNode[];
  readonly steps: readonly StepNode[];
  readonly events: readonly EventNode[];
  readonly decisions: readonly DecisionNode[];
  readonly missing_parents: number;
  readonly coverage: CoverageSummary;
  readonly stages: readonly StageNode[];
  readonly doing: readonly string[];
  readonly findings: readonly FindingItem[];
  readonly scores: readonly ScoreItem[];
  readonly processes: readonly ProcessItem[];
  readonly clocks: readonly ClockItem[];
}

/** Wall time that no step explains: inside one agent or step, after its child `before` and until its child `after`. `before` is null where the gap begins with `inside`, `after` where it ends with it. `stage` is the one that the execution was in when the gap began. The place in the code is that of `inside`. */
export interface Gap {
  readonly offset_ns: number;
  readonly duration_ns: number;
  readonly inside: string;
  readonly inside_id: string;
  readonly is_agent: boolean;
  readonly execution_id: string;
  readonly before: string | null;
  readonly before_id: string | null;
  readonly after: string | null;
  readonly after_id: string | null;
  readonly stage: string | null;
  readonly code_file: string | null;
  readonly code_line: number | null;
  readonly code_function: string | null;
}

/** An operation whose time is not known whole. `reason` is "open" (it still runs), "unended" (its end was never sent) or "no_parent" (the operation above it never arrived, so that nobody knows where its time belongs). */
export interface UntimedOperation {
  readonly name: string;
  readonly span_id: string;
  readonly execution_id: string;
  readonly offset_ns: number;
  readonly reason: string;
}

/** Which part of an execution's wall time its steps explain, and every gap longer than `gap_ns`, in order of time. `share` (0 to 1) and `unexplained_ns` count all gaps, short ones too, and every moment once. `duration_ns` is the time so far while `is_running`. All operations are timed if `timed` equals `operations`. */
export interface Coverage {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly is_running: boolean;
  readonly duration_ns: number;
  readonly gap_ns: number;
  readonly share: number;
  readonly unexplained_ns: number;
  readonly largest_gap_ns: number | null;
  readonly operations: number;
  readonly timed: number;
  readonly gaps: readonly Gap[];
  readonly untimed: readonly UntimedOperation[];
}

/** Everything that is known about one step (or an execution's own span), bodies included. `attributes` and `resource` are as sent, after redaction; `input` and `output` are parsed where they were JSON. `tokens_per_second` are the output tokens over the time behind the first one. `total_tokens` is input and output together, where the client told only that. */
export interface StepDetail {
  readonly step_id: string;
  readonly trace_id: string;
  readonly execution_id: string;
  readonly parent_step_id: string | null;
  readonly name: string;
  readonly category: string;
  readonly step_type: string | null;
  readonly operation: string | null;
  readonly status: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly offset_ns: number;
  readonly duration_ns: number | null;
  readonly self_ns: number | null;
  readonly critical_ns: number | null;
  readonly slack_ns: number | null;
  readonly first_token_ns: number | null;
  readonly tokens_per_second: number | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly tool: string | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly total_tokens: number | null;
  readonly cost_usd: number | null;
  readonly attempt: number | null;
  readonly error_type: string | null;
  readonly error_message: string | null;
  readonly error_stack: string | null;
  readonly code_file: string | null;
  readonly code_line: number | null;
  readonly code_function: string | null;
  readonly service: string | null;
  readonly scope: string | null;
  readonly input: unknown;
  readonly output: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Scores, newest first, at most as many as were asked for. */
export interface ScorePage {
  readonly items: readonly ScoreItem[];
}

/** Processes, the one heard last first, at most as many as were asked for. */
export interface ProcessPage {
  readonly items: readonly ProcessItem[];
}

/** What is stored in the chosen time range. `executions + steps` is the number of distinct spans that are kept. `executions_weight` is for how many executions those stand: more where some were sampled. Counts of executions and steps are of those that are kept; rates, percentiles, calls, tokens and cost are estimates for all of them. */
export interface Totals {
  readonly executions: number;
  readonly executions_weight: number;
  readonly steps: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timed_out: number;
  readonly skipped: number;
  readonly crashed: number;
  readonly success_rate: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly p99_ns: number | null;
  readonly model_calls: number;
  readonly model_calls_without_usage: number;
  readonly tool_calls: number;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_usd: number | null;
  readonly model_calls_without_cost: number;
}

/** One agent over the time range; `executions` is 0 for an agent that is registered and never ran. Model calls, tokens and cost are the agent's own, without those of agents that it called. */
export interface AgentSummary {
  readonly agent: string;
  readonly is_registered: boolean;
  readonly executions: number;
  readonly executions_weight: number;
  readonly running: number;
  readonly failed: number;
  readonly skipped: number;
  readonly success_rate: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly p99_ns: number | null;
  readonly self_ns: number | null;
  readonly model_calls: number;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_usd: number | null;
  readonly last_seen: string | null;
}

/** One category of steps over the time range. `total_ns` adds nested steps twice, `self_ns` each moment once. */
export interface CategorySummary {
  readonly category: string;
  readonly steps: number;
  readonly failed: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly p99_ns: number | null;
  readonly total_ns: number;
  readonly self_ns: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_usd: number | null;
}

/** How much of an answer comes from rollups, because retention has removed what they were made of. These are counted by windows of `window_ns` that begin at midnight UTC; percentiles are within `relative_error`. */
export interface RolledUp {
  readonly executions: number;
  readonly steps: number;
  readonly window_ns: number;
  readonly relative_error: number;
}

/** The first page: what ran, how it went, where the time went. `rolled_up` is null where everything in the time range is still stored by itself. */
export interface Overview {
  readonly totals: Totals;
  readonly agents: readonly AgentSummary[];
  readonly categories: readonly CategorySummary[];
  readonly rolled_up: RolledUp | null;
}

/** Problem details (RFC 9457), the body of every error answer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** An execution that failed, timed out or crashed, what went in, and the stack of its error where one was sent. */
export interface FailedExecution {
  readonly execution: ExecutionItem;
  readonly input: unknown;
  readonly error_stack: string | null;
}

/** Executions that failed, the newest first. `next_cursor` is null on the last page. */
export interface FailedPage {
  readonly items: readonly FailedExecution[];
  readonly next_cursor: string | null;
}

/** An execution that took long, and how much of that it waited for models. `model_ns` is the time in which at least one model call ran, those of called agents included; null without any. `overhead_ns` is the rest: parallel calls are not subtracted twice. */
export interface SlowExecution {
  readonly execution: ExecutionItem;
  readonly model_ns: number | null;
  readonly overhead_ns: number;
}

/** Executions that took long, the longest first. `next_cursor` is null on the last page. */
export interface SlowPage {
  readonly items: readonly SlowExecution[];
  readonly next_cursor: string | null;
}

/** A stage that an execution passed, or an instant in it. Of a stage, `status` and `duration_ns` are those of `StageNode`, and the time is when it was entered. Of everything else `stage` is the one that the execution was in. `data` is what was told beside the message. */
export interface LogEntry {
  readonly time: string;
  readonly offset_ns: number;
  readonly kind: string;
  readonly name: string;
  readonly level: string | null;
  readonly stage: string | null;
  readonly status: string | null;
  readonly duration_ns: number | null;
  readonly message: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One execution by itself, without its steps: what went in and out, its error, and what it told, in order of time. `input` and `output` are parsed where they were JSON. */
export interface ExecutionLog {
  readonly execution: ExecutionItem;
  readonly input: unknown;
  readonly output: unknown;
  readonly error_stack: string | null;
  readonly entries: readonly LogEntry[];
}

/** A call of a model with its request and response; `response` and `duration_ns` are null while it has no answer. `total_tokens` is input and output together, where the client told only that. */
export interface ModelCall {
  readonly step_id: string;
  readonly name: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly status: string;
  readonly started_at: string;
  readonly offset_ns: number;
  readonly duration_ns: number | null;
  readonly first_token_ns: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly total_tokens: number | null;
  readonly cost_usd: number | null;
  readonly error_type: string | null;
  readonly error_message: string | null;
  readonly request: unknown;
  readonly response: unknown;
}

/** The model calls of one execution, in order of time, without those of agents that it called. */
export interface ModelCalls {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly calls: readonly ModelCall[];
}

/** One agent called another. `depth` is 1 for what the top agent called. */
export interface AgentCall {
  readonly depth: number;
  readonly parent_execution_id: string;
  readonly parent_agent: string;
  readonly child_execution_id: string;
  readonly child_agent: string;
  readonly reason: string | null;
  readonly status: string;
  readonly started_at: string;
  readonly duration_ns: number | null;
}

/** The calls that led to an execution and all calls below it, each before those that it led to, in order of time. */
export interface CallChain {
  readonly execution_id: string;
  readonly agent: string;
  readonly calls: readonly AgentCall[];
}

/** How often an error ended an agent's executions; `error_type` is null where none was sent. `example` is one message of it. */
export interface ErrorCount {
  readonly error_type: string | null;
  readonly example: string | null;
  readonly executions: number;
  readonly last_seen: string;
}

/** How one agent did in a time range. Counts are of the executions that are kept; rates, times, calls, tokens and cost are estimates for all of them where some were sampled. Times leave skipped executions out. Model calls are the agent's own. `tokens` are input and output of the calls that told them, `mean_call_tokens` is over those calls. */
export interface AgentPerformance {
  readonly agent: string;
  readonly executions: number;
  readonly executions_weight: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timed_out: number;
  readonly crashed: number;
  readonly skipped: number;
  readonly success_rate: number | null;
  readonly mean_ns: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly p99_ns: number | null;
  readonly errors: readonly ErrorCount[];
  readonly model_calls: number;
  readonly model_calls_without_usage: number;
  readonly tokens: number | null;
  readonly mean_call_tokens: number | null;
  readonly mean_call_ns: number | null;
  readonly cost_usd: number | null;
  readonly last_seen: string | null;
}

/** An execution, as far as it tells why an agent did or did not do its work. `score`, `threshold` and `reason` are of its own decision whether to respond. */
export interface AgentRun {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly stage: string | null;
  readonly started_at: string;
  readonly duration_ns: number | null;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly reason: string | null;
  readonly error_type: string | null;
  readonly error_message: string | null;
  readonly input: unknown;
}

/** An execution of another agent considered the agent, and what came of it. */
export interface Considered {
  readonly execution_id: string;
  readonly by: string;
  readonly by_status: string;
  readonly time: string;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly outcome: string | null;
  readonly reason: string | null;
}

/** Why an agent did not do its work, from what was recorded; lists are newest first, and the newest entry decides. `outcome` is "fired" (it did), "running", "failed" (so did it, or it timed out or crashed), "skipped" (it ran and decided against it), "not_chosen" (others considered it and took another), "not_called" (it was chosen, and no execution of it followed), "upstream_failed" (what chose it failed, or something else of the conversation did), "never_considered" or "unknown_agent" (no program has ever named it: `near_names` are like it). */
export interface WhyNot {
  readonly agent: string;
  readonly outcome: string;
  readonly message: string;
  readonly is_registered: boolean;
  readonly last_seen: string | null;
  readonly near_names: readonly string[];
  readonly runs: readonly AgentRun[];
  readonly considered: readonly Considered[];
  readonly failed_before: readonly AgentRun[];
}

/** One day (UTC) of an operation. Percentiles are within 1 % and, as the mean, weighted where some were sampled. */
export interface TrendPoint {
  readonly day: string;
  readonly timings: number;
  readonly failed: number;
  readonly mean_ns: number;
  readonly p50_ns: number;
  readonly p95_ns: number;
  readonly p99_ns: number;
}

/** How an operation's durations went over the days, those without any left out, the oldest first. An operation is every step of that name and every execution of the agent of that name, as far as they have ended. `change` is the median of the later half of the days over that of the earlier half, less 1: 0.2 is 20 % slower. It is null where a half has under 30 timings, because it would be noise. */
export interface Trend {
  readonly operation: string;
  readonly days: number;
  readonly timings: number;
  readonly failed: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly p99_ns: number | null;
  readonly change: number | null;
  readonly points: readonly TrendPoint[];
}
