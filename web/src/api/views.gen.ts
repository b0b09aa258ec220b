// Made from src/longpole/reports/views.py by scripts/generate_web_types.py; do not edit.
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
  | "other";

/** One row of the execution list. `duration_ns` is null while it runs; tokens and cost cover the whole subtree. */
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
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cost_usd?: number | null;
  readonly error_type?: string | null;
  readonly error_message?: string | null;
  readonly code_file?: string | null;
  readonly code_line?: number | null;
  readonly category_ns?: Readonly<Record<string, number>> | null;
}

/** A step inside a tree, without its bodies. Absent fields have their default (null, 0 or false). `parent_step_id` names another step's `step_id` or an execution's `span_id`. */
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

/** A stretch of the critical path, in order of time. The stretches sum to the execution's duration. */
export interface PathStep {
  readonly node_id: string;
  readonly name: string;
  readonly category: string;
  readonly offset_ns: number;
  readonly duration_ns: number;
}

/** One execution with everything below it, as a skeleton: bodies come one by one from the step's own address. `shares` splits the duration into categories and sums to it exactly; `unexplained` is one of them. */
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
}

/** Everything that is known about one step (or an execution's own span), bodies included. `attributes` and `resource` are as sent, after redaction; `input` and `output` are parsed where they were JSON. */
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
  readonly provider: string | null;
  readonly model: string | null;
  readonly tool: string | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_tokens: number | null;
  readonly reasoning_tokens: number | null;
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

/** What is stored in the chosen time range. `executions + steps` is the number of distinct spans received. */
export interface Totals {
  readonly executions: number;
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

/** The first page: what ran, how it went, where the time went. */
export interface Overview {
  readonly totals: Totals;
  readonly agents: readonly AgentSummary[];
  readonly categories: readonly CategorySummary[];
}

/** Problem details (RFC 9457), the body of every error answer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}
