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

/** How sure a finding is, from evidence seen to a guess. */
export type Confidence =
  | "certain"
  | "high"
  | "medium"
  | "low";

/** What is to be done about a finding: something; nothing, as somebody said; or nothing, as it is gone. */
export type AuditState =
  | "open"
  | "accepted"
  | "fixed";

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
  readonly name: string;
  readonly category: string;
  readonly status: string;
  readonly offset_ns: number;
  readonly parent_step_id?: string | null;
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
  readonly saving_usd: number | null;
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

/** The first page: what ran, how it went, where the time went. `rolled_up` is null where everything in the time range is still stored by itself. Percentiles of more than 100,000 executions and steps together are within 1 %, those of fewer are exact. */
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

/** A point in time at which a number of an agent, or of one of its steps, moved to another level. `metric` is one of `p50`, `p95`, `errors` (a share), `tokens`, `cost` (US dollars), `calls`. Durations are nanoseconds. Tokens and cost are of one execution or step; calls are executions per stretch of time for an agent, and calls per execution of its agent for a step. `change` is relative (0.2: a fifth more), for errors the difference of the shares. `effect` is the move in standard deviations of a point. `confidence` is 1 less the chance to find so clear a change in a series without any. The change lies between `earliest` and `latest` with 95 % confidence; `at` is the beginning of the first stretch of time on the new level. */
export interface MetricChange {
  readonly agent: string;
  readonly operation: string | null;
  readonly metric: string;
  readonly before: number;
  readonly after: number;
  readonly change: number | null;
  readonly effect: number;
  readonly confidence: number;
  readonly is_worse: boolean | null;
  readonly at: string;
  readonly earliest: string;
  readonly latest: string;
}

/** By how much a step lengthened an execution of its agent (negative: shortened), in its own time. `more_calls_ns` is due to how often it was called, `slower_calls_ns` to how long a call took; together they are the change. Calls are per execution. */
export interface Slower {
  readonly operation: string;
  readonly more_calls_ns: number;
  readonly slower_calls_ns: number;
  readonly calls_before: number;
  readonly calls_after: number;
  readonly mean_before_ns: number;
  readonly mean_after_ns: number;
}

/** What else changed at that time. `kind` is `version`, `model`, `commit` or `prompt`; `before` is what it was. */
export interface ChangedThen {
  readonly kind: string;
  readonly before: string | null;
  readonly after: string;
  readonly first_seen: string;
}

/** The first execution on the new level. */
export interface FirstBad {
  readonly execution_id: string;
  readonly workspace: string;
  readonly started_at: string;
  readonly version: string | null;
  readonly duration_ns: number | null;
}

/** All that changed of one agent at one time; the first of `changes` says most. `at`, `earliest` and `latest` are those of the change whose time is known best. `slower` tells which steps took the time, those with the largest change first. `hour` is the hour of the day (UTC) of the first bad execution. */
export interface Regression {
  readonly agent: string;
  readonly is_worse: boolean | null;
  readonly at: string;
  readonly earliest: string;
  readonly latest: string;
  readonly changes: readonly MetricChange[];
  readonly slower: readonly Slower[];
  readonly changed_then: readonly ChangedThen[];
  readonly first_bad: FirstBad | null;
  readonly hour: number | null;
}

/** The changes of a period, the latest first. A series is one metric of one agent or step over stretches of `width_ns`. Those with under 8 points that count are in `series_too_short`. Of all changes that are told, at most 5 % are due to noise alone (Benjamini and Hochberg). */
export interface Regressions {
  readonly from_time: string;
  readonly to_time: string;
  readonly width_ns: number;
  readonly series: number;
  readonly series_too_short: number;
  readonly items: readonly Regression[];
}

/** An agent in one stretch of time; `started` is when it begins. */
export interface TrendPlace {
  readonly started: string;
  readonly executions: number;
  readonly failed_share: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly cost_usd: number | null;
}

/** How an agent went over the stretches of a period, the oldest first, with the changes of its own numbers. */
export interface AgentTrend {
  readonly agent: string;
  readonly executions: number;
  readonly p50_ns: number | null;
  readonly points: readonly TrendPlace[];
  readonly changes: readonly MetricChange[];
}

/** Every agent of a period, those with most executions first. */
export interface Trends {
  readonly from_time: string;
  readonly to_time: string;
  readonly width_ns: number;
  readonly agents: readonly AgentTrend[];
}

/** What is expected of a day, and the bounds between which it will be with 80 % probability. */
export interface ForecastDay {
  readonly day: string;
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

/** A limit on the calls of one hour, and when the busiest hour of a day will reach it. `is_seen` where it was not given but read from the hours in which calls met a rate limit. `used_share` is how much of it the busiest hour of the period used, above 1 where it went beyond. `days` is in how many days it is expected, `earliest_days` and `latest_days` bound that with 80 % probability; null is not within 90 days, and 0 that it was reached already. */
export interface LimitAhead {
  readonly calls_an_hour: number;
  readonly is_seen: boolean;
  readonly used_share: number;
  readonly days: number | null;
  readonly earliest_days: number | null;
  readonly latest_days: number | null;
}

/** How much of an agent, a model or a tool runs at once. `kind` is `agent`, `model` or `tool`. `in_flight` is how many ran on average from the first hour in which anything ran to the last (their time added up, over wall time), `peak_in_flight` how many at most in `busiest_hour`, and `busy_share` the share of that hour in which any ran. Of sampled executions, those that were kept count there. The busiest hour is that of the highest peak among the busiest hours of all resources: 24 of them are looked into call by call, 2 of many millions of calls; null where it ran in none of them. `calls_a_day` and `in_flight_a_day` are by day, days without any included; the first and last may be partial. `growth_a_week` is what the next seven days are expected to have more than the last seven whole ones, as a share. */
export interface ResourceUse {
  readonly kind: string;
  readonly name: string;
  readonly calls: number;
  readonly limited: number;
  readonly in_flight: number;
  readonly busiest_hour: string;
  readonly busiest_hour_calls: number;
  readonly peak_in_flight: number | null;
  readonly busy_share: number | null;
  readonly calls_a_day: readonly number[];
  readonly in_flight_a_day: readonly number[];
  readonly growth_a_week: number | null;
  readonly forecast: readonly ForecastDay[];
  readonly limit: LimitAhead | null;
}

/** How much runs at once and where that is going: those with most time in flight first. */
export interface Capacity {
  readonly from_time: string;
  readonly to_time: string;
  readonly first_day: string | null;
  readonly resources: readonly ResourceUse[];
}

/** A step or execution as one of the two has it. Tokens and cost of an execution are those of its whole tree. */
export interface StepSide {
  readonly id: string;
  readonly status: string;
  readonly offset_ns: number;
  readonly duration_ns: number | null;
  readonly self_ns: number | null;
  readonly critical_ns: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_usd: number | null;
  readonly model: string | null;
}

/** A step that both executions have, or only one (the other is null). `is_moved`: in another order among the same. `is_execution` marks a called agent, whose name is `name`. Changes are `b` less `a`, null where one does not tell. */
export interface StepPair {
  readonly name: string;
  readonly category: string;
  readonly depth: number;
  readonly is_execution: boolean;
  readonly is_moved: boolean;
  readonly a: StepSide | null;
  readonly b: StepSide | null;
  readonly duration_change_ns: number | null;
  readonly self_change_ns: number | null;
  readonly critical_change_ns: number | null;
  readonly cost_change_usd: number | null;
}

/** All steps of a name in the two executions: how many, their own time, their time on the critical path, money. Critical times of all names, with `(own time)` of the executions, add up to the two durations, and so do the changes to the difference. Null where an execution has not ended. */
export interface NameChange {
  readonly name: string;
  readonly category: string;
  readonly count_a: number;
  readonly count_b: number;
  readonly self_a_ns: number | null;
  readonly self_b_ns: number | null;
  readonly critical_a_ns: number | null;
  readonly critical_b_ns: number | null;
  readonly cost_a_usd: number | null;
  readonly cost_b_usd: number | null;
}

/** Two executions side by side; `b` is held against `a`. `message` says it in a sentence. `names` are sorted by the size of their change on the critical path, else of their own time. `pairs` are in the order of `b`, parents before children; the largest trees are cut: `pairs_left_out`. */
export interface Comparison {
  readonly a: ExecutionItem;
  readonly b: ExecutionItem;
  readonly message: string;
  readonly duration_change_ns: number | null;
  readonly matched: number;
  readonly only_in_a: number;
  readonly only_in_b: number;
  readonly names: readonly NameChange[];
  readonly pairs: readonly StepPair[];
  readonly pairs_left_out: number;
}

/** A figure of two sets and its change from `a` to `b`, with the ends of its 95 % interval. Null where a set is too small to say. `is_certain`: no change lies outside of the interval of 99 %, too. */
export interface Change {
  readonly a: number | null;
  readonly b: number | null;
  readonly change: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly is_certain: boolean;
}

/** The steps of one name in two sets; `timings_*` are how many are kept. Calls, own and critical time are means for an execution. `chance` is how likely durations differ so by chance; `is_certain` takes into account how many steps were looked at. A step that one set never has has no change of its durations. */
export interface StepChange {
  readonly name: string;
  readonly category: string;
  readonly timings_a: number;
  readonly timings_b: number;
  readonly calls_a: number;
  readonly calls_b: number;
  readonly p50_ns: Change;
  readonly p95_ns: Change;
  readonly failure_rate: Change;
  readonly self_a_ns: number | null;
  readonly self_b_ns: number | null;
  readonly critical_a_ns: number | null;
  readonly critical_b_ns: number | null;
  readonly chance: number | null;
  readonly is_certain: boolean;
}

/** One of two sets: what was asked for, and how many finished executions it has. Skipped ones are left out. */
export interface ExecutionSet {
  readonly version: string | null;
  readonly environment: string | null;
  readonly from_time: string | null;
  readonly to_time: string | null;
  readonly executions: number;
}

/** Two sets of an agent's executions; `b` is held against `a`. `message` says it in a sentence. Durations are nanoseconds (those of steps within 3 %), tokens, steps and cost means for an execution with all that it called. `steps` are the agent's own, sorted by the size of their change on the critical path. */
export interface SetComparison {
  readonly agent: string;
  readonly a: ExecutionSet;
  readonly b: ExecutionSet;
  readonly message: string;
  readonly p50_ns: Change;
  readonly p95_ns: Change;
  readonly success_rate: Change;
  readonly tokens: Change;
  readonly cost_usd: Change;
  readonly steps_per_execution: Change;
  readonly duration_chance: number | null;
  readonly steps: readonly StepChange[];
}

/** The steps of one name of an execution among all of that name: the longest of them, and which share of the others is shorter (0.96 is slower than 96 %); null where there are fewer than 20 others. */
export interface StepStanding {
  readonly name: string;
  readonly category: string;
  readonly count: number;
  readonly longest_id: string;
  readonly longest_ns: number;
  readonly others: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly share_below: number | null;
  readonly excess_ns: number | null;
}

/** An execution among the others of its agent, step by step; the steps that lie most above their median first. */
export interface Standing {
  readonly execution: ExecutionItem;
  readonly message: string;
  readonly others: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly share_below: number | null;
  readonly steps: readonly StepStanding[];
}

/** What one agent's, model's, user's, ... model calls used and cost; `name` is null where none was told. Input tokens include those read from and written to a cache and audio, output tokens reasoning and audio. Sums are of the calls that told: those that did not are counted beside them. `share` is of the known cost of all parts. Where executions were sampled, all are estimates for all of them. */
export interface CostPart {
  readonly name: string | null;
  readonly calls: number;
  readonly calls_without_usage: number;
  readonly calls_without_cost: number;
  readonly input_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_tokens: number | null;
  readonly input_audio_tokens: number | null;
  readonly output_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly output_audio_tokens: number | null;
  readonly cost_usd: number | null;
  readonly share: number | null;
}

/** How many calls were priced by one list of prices: "genai-prices" with its version, "own" with a mark of the own price, "client" for what a client said itself; null is a call that nothing prices, or one stored before this was noted. */
export interface PriceList {
  readonly price_version: string | null;
  readonly calls: number;
  readonly cost_usd: number | null;
}

/** What model calls cost, by one thing; the dearest part first, days in their order. By user and session, whole trees of executions are summed up: those that nobody called, with all that they called. An agent is then the one at the top, and `price_lists` is empty where it would be of other calls. `parts_left_out` are beyond the limit. `unpriced_without_usage` of the calls without a cost told no tokens; the others have a model without a price. */
export interface Costs {
  readonly by: string;
  readonly total: CostPart;
  readonly parts: readonly CostPart[];
  readonly parts_left_out: number;
  readonly unpriced_without_usage: number;
  readonly price_lists: readonly PriceList[];
}

/** An own price: US dollars for a million tokens of a kind (`request_usd`: for a million requests), from a time on. `provider` is empty where it holds whoever serves the model. `model` may end in `*`. Null is not free: cached and audio tokens without a price cost what others do, reasoning what other output does; a call with output tokens is not priced without a price for them. */
export interface PriceItem {
  readonly workspace: string;
  readonly provider: string;
  readonly model: string;
  readonly from_time: string;
  readonly price_version: string;
  readonly input_usd: number | null;
  readonly output_usd: number | null;
  readonly cache_read_usd: number | null;
  readonly cache_write_usd: number | null;
  readonly reasoning_usd: number | null;
  readonly input_audio_usd: number | null;
  readonly output_audio_usd: number | null;
  readonly request_usd: number | null;
}

/** All own prices. `public_version` is the list that prices every other model. */
export interface PriceBookPage {
  readonly items: readonly PriceItem[];
  readonly public_version: string;
}

/** An own price to keep, as `PriceItem`; it takes the place of the one from the same time. `from_time` is RFC 3339; without it the price holds from the beginning. */
export interface NewPrice {
  readonly model: string;
  readonly provider: string;
  readonly workspace: string;
  readonly from_time: string | null;
  readonly input_usd: number | null;
  readonly output_usd: number | null;
  readonly cache_read_usd: number | null;
  readonly cache_write_usd: number | null;
  readonly reasoning_usd: number | null;
  readonly input_audio_usd: number | null;
  readonly output_audio_usd: number | null;
  readonly request_usd: number | null;
}

/** What pricing stored calls again did, or would do (`is_done` false). `changed` calls of the `calls` seen have another cost or price list now; `priced` of them had no cost before, `unpriced` have none any more. `waiting` calls belong to trees that still run, or that are not settled yet. Costs are of counted calls, weighted where executions were sampled. */
export interface Repriced {
  readonly is_done: boolean;
  readonly calls: number;
  readonly changed: number;
  readonly priced: number;
  readonly unpriced: number;
  readonly waiting: number;
  readonly cost_before_usd: number;
  readonly cost_after_usd: number;
}

/** What is worth telling about one execution, the largest saving on its critical path first. Savings overlap: `saving_together_ns` is by how much it would have been shorter with all of `together` (finding ids) at once, simulated. Running executions are looked at as they are so far. */
export interface Findings {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly is_running: boolean;
  readonly duration_ns: number;
  readonly saving_together_ns: number;
  readonly together: readonly string[];
  readonly findings: readonly FindingItem[];
}

/** What a cache would have done whose entries live `ttl_s` seconds: `hit_rate` is a share of the calls looked at. `saved_ns` is time of the calls themselves; what an execution saves of it, its own findings tell. */
export interface CacheRate {
  readonly ttl_s: number;
  readonly hit_rate: number;
  readonly saved_ns: number;
  readonly saved_usd: number | null;
}

/** An operation that was called with the same arguments more than once. `may_write` says that its name sounds as if it changed something: then a cache would be wrong. `caches` were tried on the newest `looked_at` calls, which span `looked_at_ns`. */
export interface RepeatedOperation {
  readonly name: string;
  readonly category: string;
  readonly model: string | null;
  readonly calls: number;
  readonly calls_weight: number;
  readonly different_arguments: number;
  readonly total_ns: number;
  readonly cost_usd: number | null;
  readonly may_write: boolean;
  readonly looked_at: number;
  readonly looked_at_ns: number;
  readonly caches: readonly CacheRate[];
}

/** Operations that are called again and again with the same arguments, those with most repeated time first. */
export interface Repeats {
  readonly from_time: string;
  readonly to_time: string;
  readonly operations: readonly RepeatedOperation[];
}

/** What was found again and again at one place of an agent. `saving_ns` and `saving_usd` are sums over the `executions` it was found in (top executions, estimated for all where some were sampled); each is what that one would have been shorter by alone. `title` and `advice` are of one of them. */
export interface OpportunityItem {
  readonly rule: string;
  readonly title: string;
  readonly advice: string;
  readonly agent: string;
  readonly confidence: string;
  readonly executions: number;
  readonly findings: number;
  readonly saving_ns: number;
  readonly most_saving_ns: number | null;
  readonly saving_usd: number | null;
  readonly code_file: string | null;
  readonly code_line: number | null;
  readonly code_function: string | null;
  readonly example_execution_id: string;
}

/** What could be done better, the largest saving first. Long executions are looked at first when many settle. */
export interface Opportunities {
  readonly from_time: string;
  readonly to_time: string;
  readonly opportunities: readonly OpportunityItem[];
}

/** A part of the wall time. The parts of one bar sum to the duration exactly. */
export interface Share {
  readonly name: string;
  readonly duration_ns: number;
  readonly share: number;
}

/** All spans of one category, agent, step name or model together. `total_ns` adds their durations, parallel ones too; `self_ns` is without what ran below them; `critical_ns` is what the execution waited for them itself. `wall_ns` gives each moment of the execution to one span, so that it sums to the duration; `share` is that of the duration. Of an agent its executions are counted, and the times are those of all its steps. */
export interface SpanTotal {
  readonly name: string;
  readonly count: number;
  readonly failed: number;
  readonly total_ns: number;
  readonly self_ns: number;
  readonly critical_ns: number;
  readonly wall_ns: number;
  readonly share: number;
}

/** Where the time of one execution went. `bar` splits the wall time, the largest part first: `llm_wait` is waiting for a model's first token, `unexplained` what no step tells of. `models_ns` is the time in which at least one model call ran, `overhead_ns` all other time. `gaps` are the five longest without a step, of any length. */
export interface ExecutionTotals {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly is_running: boolean;
  readonly duration_ns: number;
  readonly bar: readonly Share[];
  readonly by_category: readonly SpanTotal[];
  readonly by_agent: readonly SpanTotal[];
  readonly by_step: readonly SpanTotal[];
  readonly by_model: readonly SpanTotal[];
  readonly models_ns: number;
  readonly overhead_ns: number;
  readonly coverage: CoverageSummary;
  readonly gaps: readonly Gap[];
}

/** A span on the critical path: for how long it, and nothing below it, was what everything waited for. */
export interface PathPart {
  readonly node_id: string;
  readonly name: string;
  readonly category: string;
  readonly is_agent: boolean;
  readonly duration_ns: number;
  readonly critical_ns: number;
  readonly share: number;
}

/** A span beside the critical path: how much later it could have ended without moving the execution's end. `slack_ns` is null for what nobody waited for, which is what outlives its parent. */
export interface SpareStep {
  readonly node_id: string;
  readonly name: string;
  readonly category: string;
  readonly is_agent: boolean;
  readonly offset_ns: number;
  readonly duration_ns: number;
  readonly slack_ns: number | null;
}

/** The chain of steps that decides how long an execution takes. `path` in order of time sums to `duration_ns` exactly. `parts` are its spans, the longest critical time first. `spare` are spans that ran beside it, the longest first, at most 50 of `spare_count`. `retries_ns` is the path's time in waits before another attempt and for rate limits. `outliving` counts spans that go on after their parent's end, `early` those that begin before their parent, which only clocks that differ can make. */
export interface CriticalPath {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly is_running: boolean;
  readonly duration_ns: number;
  readonly path: readonly PathStep[];
  readonly parts: readonly PathPart[];
  readonly spare: readonly SpareStep[];
  readonly spare_count: number;
  readonly retries_ns: number;
  readonly outliving: number;
  readonly early: number;
}

/** All waits of one kind: `queue`, `rate_limit`, `retry`, `first_token`, `blocked_loop` or `barrier_wait`. `critical_ns` is what of it the execution itself waited; `share` is that of its duration. `p50_ns` and `longest_ns` are of single waits. */
export interface WaitKind {
  readonly kind: string;
  readonly count: number;
  readonly total_ns: number;
  readonly critical_ns: number;
  readonly share: number;
  readonly p50_ns: number;
  readonly longest_ns: number;
  readonly longest_id: string;
  readonly longest_name: string;
}

/** The last step of a branch that came to a join, and how long it was over before the join was. */
export interface Branch {
  readonly node_id: string;
  readonly name: string;
  readonly waited_ns: number;
}

/** Several branches that something waited for together, such as a `gather` or the superstep of a graph. `straggler` came last, `lead_ns` after the one before it: so much earlier everything would go on if it had been as quick. `waited_ns` adds what the others waited for it. `then` is what began next, null at the end of `inside`. */
export interface Join {
  readonly inside: string;
  readonly inside_id: string;
  readonly then: string | null;
  readonly then_id: string | null;
  readonly offset_ns: number;
  readonly branches: number;
  readonly straggler: string;
  readonly straggler_id: string;
  readonly lead_ns: number;
  readonly waited_ns: number;
  readonly is_critical: boolean;
  readonly first: readonly Branch[];
}

/** What an execution waited for beside its work. `kinds` the most critical first. `joins` those on the critical path first, then by `lead_ns`, at most 50 of `join_count`. */
export interface Waiting {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly is_running: boolean;
  readonly duration_ns: number;
  readonly kinds: readonly WaitKind[];
  readonly joins: readonly Join[];
  readonly join_count: number;
}

/** Whether two steps can run at once: `verdict` is `independent`, `dependent` or `unknown`, the reasons in words. `confidence` is `high`, `medium` or `low`. */
export interface Evidence {
  readonly first: string;
  readonly second: string;
  readonly verdict: string;
  readonly confidence: string;
  readonly reasons: readonly string[];
}

/** A change and what it would bring by itself. `option` is how `longpole what-if` and REST are asked for it. */
export interface TriedChange {
  readonly deed: string;
  readonly option: string;
  readonly words: string;
  readonly steps: number;
  readonly after_ns: number;
  readonly saving_ns: number;
  readonly share: number;
  readonly evidence: readonly Evidence[];
}

/** An execution simulated with all of `changes` at once; without any, `tries` says what could be tried. `share` is that of the duration before. `critical_path` is the one after the changes. */
export interface WhatIf {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly before_ns: number;
  readonly after_ns: number;
  readonly saving_ns: number;
  readonly share: number;
  readonly changes: readonly TriedChange[];
  readonly critical_path: readonly PathStep[];
  readonly tries: readonly TriedChange[];
}

/** A stretch of durations and the share (0 to 1) of the other executions that took so long. */
export interface DurationBar {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly share: number;
}

/** How long the finished steps of one name take in other executions of its agent; of an agent itself, `is_agent`. `percentiles_ns` are 99, the 1st first: a duration is longer than as many percent as it exceeds of them. */
export interface UsualStep {
  readonly agent: string;
  readonly name: string;
  readonly category: string;
  readonly is_agent: boolean;
  readonly others: number;
  readonly percentiles_ns: readonly number[];
}

/** How an execution's agent usually behaves. Under 30 others nothing is usual: `bars`, `shares`, `steps` are empty. `bars` are of equal width from 0 on; what took longer than the last is in the last. `shares` are those of wall time by category (they sum to 1) over the newest `shares_of` settled executions, each counted alike. `example` is the successful one whose duration is nearest to the median. */
export interface UsualExecution {
  readonly execution_id: string;
  readonly agent: string;
  readonly executions: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly slower_than: number | null;
  readonly bars: readonly DurationBar[];
  readonly shares: Readonly<Record<string, number>>;
  readonly shares_of: number;
  readonly steps: readonly UsualStep[];
  readonly example_execution_id: string | null;
}

/** A step or an agent in the graph. `share` is its part of the critical path's time, what lies below it included. Three siblings of one name or more are one node, the first of them, that stands for `times`. */
export interface GraphNode {
  readonly node_id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly category: string;
  readonly is_agent: boolean;
  readonly status: string;
  readonly offset_ns: number;
  readonly duration_ns: number | null;
  readonly critical_ns: number;
  readonly share: number;
  readonly times: number;
}

/** `kind` is `call` (a step begins with what it belongs to), `handoff` (an agent calls an agent), `order` (it began when the other had ended) or `data` (values of the other's output are in its input; `words` tells one). */
export interface GraphEdge {
  readonly source: string;
  readonly target: string;
  readonly kind: string;
  readonly words: string | null;
}

/** How the steps of an execution hang together. Of many steps the upper ones are shown, `left_out` are not. `texts` is how many of the nodes had inputs or outputs to be compared: without any there are no `data` edges. */
export interface StepGraph {
  readonly execution_id: string;
  readonly agent: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly left_out: number;
  readonly texts: number;
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

/** How often an error ended an agent's executions; `error_type` is null where none was sent. `example` is one message of it, `mean_ns` how long those executions took. */
export interface ErrorCount {
  readonly error_type: string | null;
  readonly example: string | null;
  readonly executions: number;
  readonly mean_ns: number | null;
  readonly last_seen: string;
}

/** The executions that started in one hour (UTC). The mean leaves out skipped ones and those that run. */
export interface HourTotal {
  readonly started: string;
  readonly executions: number;
  readonly success_rate: number | null;
  readonly mean_ns: number | null;
}

/** The hours of a period in which anything started, the oldest first. */
export interface Hourly {
  readonly from_time: string;
  readonly to_time: string;
  readonly hours: readonly HourTotal[];
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

/** The executions of an agent that have one version; null is that of those that told none. Times and the rate leave skipped executions out. */
export interface AgentVersion {
  readonly version: string | null;
  readonly executions: number;
  readonly skipped: number;
  readonly first_at: string;
  readonly last_at: string;
  readonly success_rate: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly mean_cost_usd: number | null;
}

/** The versions of an agent, that which came last first. */
export interface AgentVersions {
  readonly agent: string;
  readonly versions: readonly AgentVersion[];
}

/** An execution, as far as it tells why an agent did or did not do its work. `score`, `threshold` and `reason` are of its own decision whether to respond. `model_calls` are its own. `model_trouble` is "request_not_sent" where it stopped before it called a model, "response_not_received" where its last model call failed or has no answer yet; null where it succeeded, or where neither can be said. */
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
  readonly model_calls: number;
  readonly model_trouble: string | null;
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

/** Why an agent did not do its work, from what was recorded; lists are newest first, and the newest entry decides. `outcome` is "fired" (it did), "running" (it, or what chose it), "failed" (so did it, or it timed out or crashed), "skipped" (it ran and decided against it), "below_threshold" (its score was too low for others), "blocked" (by a guard), "not_chosen" (others considered it and took another), "not_called" (it was chosen, and no execution of it followed), "upstream_failed" (what chose it failed or timed out, or something else of the conversation did), "never_considered", "never_registered" (others name it, and no program has registered or run it) or "unknown_agent" (no program has ever named it). Of the last two, `near_names` are like it. */
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

/** How an operation's durations went over the days, those without any left out, the oldest first. An operation is every step of that name and every execution of the agent of that name, as far as they have ended. `change` is the median of the later half of the days over that of the earlier half, less 1: 0.2 is 20 % slower. It is null where a half has under 30 timings, because it would be noise. `changes` are its change points, of the durations, the share of failures and the number of timings a day. */
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
  readonly changes: readonly MetricChange[];
}

/** `is_exact`: every call that reached out can be given back as it was. `message` says it in words. `command` is what to run, null where nothing can be given back; `replay_of` the execution that this one ran against. */
export interface Replayable {
  readonly execution_id: string;
  readonly can_be_replayed: boolean;
  readonly is_exact: boolean;
  readonly calls: number;
  readonly calls_lost: number;
  readonly calls_redacted: number;
  readonly message: string;
  readonly command: string | null;
  readonly replay_of: string | null;
}

/** One number of a period and of the one before. `change` is relative (0.2 is 20 % more), of rates the difference. `is_notable` is null where there is too little to tell. `p_value` is corrected for the number of figures. */
export interface Figure {
  readonly value: number | null;
  readonly previous: number | null;
  readonly change: number | null;
  readonly is_notable: boolean | null;
  readonly p_value: number | null;
}

/** Ended executions that took from `from_ns` to under `to_ns`, and how many of them succeeded. */
export interface DurationBand {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly executions: number;
  readonly success_rate: number | null;
}

/** Whether failed executions take longer or shorter than those that succeed. `longer` is how likely a failed one takes longer than one that succeeded, less how likely it takes shorter: -1 to 1. */
export interface SuccessAndDuration {
  readonly succeeded_p50_ns: number | null;
  readonly failed_p50_ns: number | null;
  readonly longer: number | null;
  readonly is_notable: boolean | null;
  readonly bands: readonly DurationBand[];
}

/** Whether slower executions score better or worse: `correlation` of ranks, -1 to 1, above 0 slower is better. The means are of the faster and of the slower half. */
export interface SpeedAndScore {
  readonly name: string;
  readonly scored: number;
  readonly correlation: number | null;
  readonly is_notable: boolean | null;
  readonly fast_mean: number | null;
  readonly slow_mean: number | null;
}

/** A period against the one before, which is as long. Sums of tokens, cost and credits are of what was told; each model call counts once. `is_previous_whole` is false if the first execution is younger than the previous period: then nothing that is counted or summed is notable. */
export interface Statistics {
  readonly from_time: string;
  readonly to_time: string;
  readonly previous_from_time: string;
  readonly is_previous_whole: boolean;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly executions: Figure;
  readonly success_rate: Figure;
  readonly mean_ns: Figure;
  readonly p50_ns: Figure;
  readonly p95_ns: Figure;
  readonly p99_ns: Figure;
  readonly credits: Figure;
  readonly mean_credits: Figure;
  readonly tokens: Figure;
  readonly mean_tokens: Figure;
  readonly cost_usd: Figure;
  readonly mean_cost_usd: Figure;
  readonly success_and_duration: SuccessAndDuration;
  readonly speed_and_scores: readonly SpeedAndScore[];
}

/** One hour of the day (`place` 0 to 23, UTC) or one day of the week (0 is Monday). `share` is its part of all executions, `typical_ns` the geometric mean, `times_as_long` the typical duration against that of all other hours or days. The p-values are corrected, and null where there is too little to tell. */
export interface TimePattern {
  readonly place: number;
  readonly name: string;
  readonly executions: number;
  readonly share: number;
  readonly success_rate: number | null;
  readonly failure_rate_elsewhere: number | null;
  readonly mean_ns: number | null;
  readonly typical_ns: number | null;
  readonly times_as_long: number | null;
  readonly is_busy: boolean;
  readonly is_failing: boolean;
  readonly is_slow: boolean;
  readonly busy_p: number | null;
  readonly failing_p: number | null;
  readonly slow_p: number | null;
}

/** One way that executions of an agent go, with loops folded. `share` is its part of that agent's executions. `times_as_long` compares typical durations, and `failure_rate_elsewhere` is that of the agent's other ways. */
export interface PathPattern {
  readonly agent: string;
  readonly path_hash: string;
  readonly path: string | null;
  readonly executions: number;
  readonly share: number;
  readonly success_rate: number | null;
  readonly failure_rate_elsewhere: number | null;
  readonly mean_ns: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly mean_cost_usd: number | null;
  readonly mean_credits: number | null;
  readonly times_as_long: number | null;
  readonly is_failing: boolean;
  readonly is_slow: boolean;
  readonly failing_p: number | null;
  readonly slow_p: number | null;
}

/** When and on which ways executions are many, fail or take long. `hours` are of the day in UTC, `weekdays` from Monday on, `paths` the most frequent first; `sentences` tell what stands out. */
export interface Patterns {
  readonly from_time: string;
  readonly to_time: string;
  readonly sentences: readonly string[];
  readonly hours: readonly TimePattern[];
  readonly weekdays: readonly TimePattern[];
  readonly paths: readonly PathPattern[];
}

/** A key of inputs (`input.`) or attributes (`attribute.`): `executions` of the sample have it. The others are estimates for all executions: the share that has it, their success rate. */
export interface InputKey {
  readonly key: string;
  readonly executions: number;
  readonly share: number;
  readonly success_rate: number | null;
}

/** A key or value that goes with failure or with long durations (`effect` is "failing" or "slow"). `relation` is "=", "is there", "is missing", "is at least" or "is at most". `with_it` and `without_it` are failure rates, or typical durations in nanoseconds; `ratio` is odds of failing with it against without, or times as long, among executions of one agent at one time. Of patterns that go together only the strongest is named. */
export interface InputPattern {
  readonly key: string;
  readonly relation: string;
  readonly value: string;
  readonly effect: string;
  readonly executions: number;
  readonly with_it: number;
  readonly without_it: number;
  readonly ratio: number;
  readonly p_value: number;
  readonly sentence: string;
}

/** What inputs have to do with failure and slowness, from a sample of `sampled` executions out of `executions`. Of the sample `with_input` had an input or attributes that are still stored. */
export interface InputPatterns {
  readonly from_time: string;
  readonly to_time: string;
  readonly executions: number;
  readonly sampled: number;
  readonly with_input: number;
  readonly patterns: readonly InputPattern[];
  readonly keys: readonly InputKey[];
}

/** Errors that are alike: one type, one message (numbers, ids, paths and quoted words aside), one place. `place` is the deepest step that failed first, not the one that raised the error again, or the agent itself. `executions` failed by it; in `healed` cases nothing but the step failed. `lost_ns` is the time of the outermost executions that failed by it and of healed steps, `lost_cost_usd` the money that was spent in them. `first_seen` and `last_seen` are starts within the period. Of `looked_at` newest cases: `retried` were followed by the same step again with success, `before` are the steps that most often came right before. */
export interface FailureGroup {
  readonly group_id: string;
  readonly error_type: string | null;
  readonly message: string | null;
  readonly example: string | null;
  readonly place: string;
  readonly code_file: string | null;
  readonly code_function: string | null;
  readonly executions: number;
  readonly executions_weight: number;
  readonly healed: number;
  readonly healed_weight: number;
  readonly statuses: readonly string[];
  readonly agents: readonly string[];
  readonly versions: readonly string[];
  readonly first_seen: string;
  readonly last_seen: string;
  readonly lost_ns: number;
  readonly lost_cost_usd: number | null;
  readonly looked_at: number;
  readonly retried: number;
  readonly before: readonly string[];
  readonly example_execution_id: string | null;
  readonly example_step_id: string | null;
}

/** What failed in one stretch of a period: executions, and steps whether they failed one or not. */
export interface FailureSlice {
  readonly started: string;
  readonly executions: number;
  readonly steps: number;
}

/** The errors of a period in groups, those that failed most executions first. `executions` failed in all, `healed` step errors failed none. Of very many errors only the newest are looked at, those from `looked_at_from` on: groups and `healed` are of these. `is_complete` is false then, and where there are so many different errors that rare ones are left out. `over_time` has the stretches of `width_ns` in which anything failed, the oldest first. */
export interface FailureGroups {
  readonly from_time: string;
  readonly to_time: string;
  readonly looked_at_from: string;
  readonly executions: number;
  readonly healed: number;
  readonly is_complete: boolean;
  readonly width_ns: number;
  readonly over_time: readonly FailureSlice[];
  readonly groups: readonly FailureGroup[];
}

/** How much later steps of one name could have ended without moving the end: shares of them, together 1. `none` is on the critical path; nobody waited for `not_waited_for`, or their executions have not settled. */
export interface SlackShares {
  readonly none: number;
  readonly under_10_ms: number;
  readonly under_100_ms: number;
  readonly under_1_s: number;
  readonly over_1_s: number;
  readonly not_waited_for: number;
}

/** The steps of one name of one agent, over many executions. `on_path_share` is the share of the agent's executions in which it is on the critical path, `critical_share` its part of all critical time. `is_agent` marks the agent's own time between its steps. */
export interface BottleneckStep {
  readonly agent: string;
  readonly name: string;
  readonly category: string;
  readonly is_agent: boolean;
  readonly steps: number;
  readonly failed_share: number | null;
  readonly on_path_share: number | null;
  readonly critical_share: number;
  readonly critical_ns: number;
  readonly self_ns: number;
  readonly mean_ns: number | null;
  readonly stddev_ns: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly p99_ns: number | null;
  readonly slack: SlackShares | null;
}

/** What the critical path of executions consists of, the largest part first. `looked_at_share` is 1, or which part of the period was looked at because it has very many steps: 61 stretches of time spread evenly over it. */
export interface Bottlenecks {
  readonly from_time: string;
  readonly to_time: string;
  readonly executions: number;
  readonly steps: number;
  readonly critical_ns: number;
  readonly looked_at_share: number;
  readonly operations: readonly BottleneckStep[];
}

/** All steps of one path of names over many executions; `parent` is a position in the list, -1 for an agent itself. `total_ns` adds durations, `self_ns` is without what ran below, `critical_ns` what executions waited for it itself. */
export interface MergedStep {
  readonly parent: number;
  readonly name: string;
  readonly category: string;
  readonly count: number;
  readonly total_ns: number;
  readonly self_ns: number;
  readonly critical_ns: number;
}

/** Many executions as one tree, parents before children; called agents are trees of their own. `executions` and `steps` were read, the newest of the period; `is_complete` says that these are all. */
export interface MergedSteps {
  readonly from_time: string;
  readonly to_time: string;
  readonly executions: number;
  readonly steps: number;
  readonly is_complete: boolean;
  readonly nodes: readonly MergedStep[];
}

/** The steps of one name of one agent that took longer than is slow (`slow`) and than is critical (`critical`). */
export interface SlowOperation {
  readonly agent: string;
  readonly name: string;
  readonly category: string;
  readonly slow: number;
  readonly critical: number;
  readonly longest_ns: number;
  readonly last_seen: string;
}

/** How much time of their own the steps of one name of one agent took together; `share` of that of all steps. */
export interface OperationTotal {
  readonly agent: string;
  readonly name: string;
  readonly category: string;
  readonly steps: number;
  readonly self_ns: number;
  readonly share: number;
}

/** One step that took long by itself. */
export interface SlowStep {
  readonly execution_id: string;
  readonly step_id: string;
  readonly agent: string;
  readonly name: string;
  readonly category: string;
  readonly status: string;
  readonly started_at: string;
  readonly duration_ns: number | null;
  readonly self_ns: number;
  readonly critical_ns: number | null;
  readonly slack_ns: number | null;
  readonly model: string | null;
  readonly tool: string | null;
  readonly code_file: string | null;
  readonly code_line: number | null;
  readonly code_function: string | null;
}

/** Which operations are slow: the ten with most time of their own, those over the limits, the ten longest steps. `looked_at_share` is about the first of these, as in `Bottlenecks`; the others are of all steps. */
export interface SlowOperations {
  readonly from_time: string;
  readonly to_time: string;
  readonly looked_at_share: number;
  readonly slow_operation_ms: number;
  readonly critical_operation_ms: number;
  readonly slowest: readonly OperationTotal[];
  readonly over_limits: readonly SlowOperation[];
  readonly longest_steps: readonly SlowStep[];
}

/** What the report looks at; null is everything. */
export interface ReportScope {
  readonly workspace: string | null;
  readonly agent: string | null;
  readonly environment: string | null;
  readonly version: string | null;
}

/** One of the equal stretches of time of a report, such as 24 hours; `started` is when it begins. Counts are of the executions that are kept. Skipped and running executions have no part in the percentiles. */
export interface ReportStretch {
  readonly started: string;
  readonly executions: number;
  readonly failed: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly tokens: number | null;
  readonly cost_usd: number | null;
}

/** An agent in the period and in the one before, as in `Statistics`. Cost is of its own model calls. What is notable was judged for all listed agents together. `p50_over_time` is of fourteen equal stretches: the first seven are the period before. */
export interface ReportAgent {
  readonly agent: string;
  readonly failed: number;
  readonly skipped: number;
  readonly executions: Figure;
  readonly success_rate: Figure;
  readonly p50_ns: Figure;
  readonly p95_ns: Figure;
  readonly cost_usd: Figure;
  readonly p50_over_time: readonly (number | null)[];
}

/** How many executions ran at once, on average over stretches of `width_ns` from the beginning of the period on. */
export interface InFlight {
  readonly width_ns: number;
  readonly average: readonly number[];
}

/** A period against the one before, with what to do first. `sentences` tell what matters most. `opportunities` are at most five. `changes` are points since the beginning of the previous period at which numbers of agents and steps moved, better ones too; they and `capacity` look at more than the period, from their own `from_time` on. Stretches are `width_ns` long. The parts are what the questions of the same names answer. */
export interface WeeklyReport {
  readonly period: string;
  readonly from_time: string;
  readonly to_time: string;
  readonly previous_from_time: string;
  readonly scope: ReportScope;
  readonly sentences: readonly string[];
  readonly statistics: Statistics;
  readonly width_ns: number;
  readonly stretches: readonly ReportStretch[];
  readonly in_flight: InFlight;
  readonly agents: readonly ReportAgent[];
  readonly agents_left_out: number;
  readonly opportunities: readonly OpportunityItem[];
  readonly changes: Regressions;
  readonly failures: FailureGroups;
  readonly bottlenecks: Bottlenecks;
  readonly costs: Costs;
  readonly capacity: Capacity;
}

/** One table: its rows, its bytes as of the last checkpoint, and when its oldest row was received or begun. */
export interface TableState {
  readonly table: string;
  readonly rows: number;
  readonly size_bytes: number;
  readonly oldest: string | null;
}

/** How a job stands on this server. `outcome` says what its last whole run did, `error` why the last one failed. */
export interface JobState {
  readonly name: string;
  readonly every_s: number;
  readonly last_started: string | null;
  readonly last_duration_ns: number | null;
  readonly outcome: string | null;
  readonly error: string | null;
  readonly runs: number;
  readonly failures: number;
}

/** Who does the jobs, and how they stand on the server that answers. `holder` is null while nobody does them. */
export interface JobsState {
  readonly holder: string | null;
  readonly is_here: boolean;
  readonly jobs: readonly JobState[];
}

/** The spool: bytes on disk, and those of them that wait to be read. */
export interface SpoolState {
  readonly held_bytes: number;
  readonly pending_bytes: number;
}

/** A number that the server was started with, by the name of the setting that changes it; 0 is no limit. */
export interface ServerSetting {
  readonly name: string;
  readonly value: number;
}

/** What the store holds. Bytes that are free inside the database's files are used again by what comes. `limit_bytes` is 0 without a limit. `spool`, `jobs` and `settings` are null where no server answers. */
export interface StoreState {
  readonly tables: readonly TableState[];
  readonly used_bytes: number;
  readonly free_bytes: number;
  readonly log_bytes: number;
  readonly limit_bytes: number;
  readonly spool: SpoolState | null;
  readonly jobs: JobsState | null;
  readonly settings: readonly ServerSetting[] | null;
}

/** What a deletion takes with it; `is_done` tells whether it was made or only counted. `running` of the executions had not ended: what they send afterwards begins anew. */
export interface Deletion {
  readonly is_done: boolean;
  readonly executions: number;
  readonly running: number;
  readonly steps: number;
  readonly events: number;
  readonly bodies: number;
  readonly scores: number;
  readonly dead_letters: number;
}

/** The example was taken and is seen a moment later: everything in it has that environment. */
export interface LoadedExample {
  readonly environment: string;
  readonly bodies: number;
}

/** What fails now: since when, how often since, and the last reason. */
export interface TroubleItem {
  readonly since: string;
  readonly failures: number;
  readonly reason: string;
}

/** A sentence on the server: `level` is "bad" (data may be lost or not be seen), "warn" (look at it) or "good". */
export interface HealthWord {
  readonly level: string;
  readonly text: string;
}

/** How long something took since the server started, from a histogram; null without any. */
export interface TimeSummary {
  readonly number: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly p99_ns: number | null;
}

/** A process that sends, since the server started. `missing` were sent and have not arrived, by their numbers: null of a program that does not number them. `dropped` is what the program says that it could not keep, null if it says nothing. `rejected` were not taken, by rule. */
export interface ProgramHealth {
  readonly workspace: string;
  readonly process: string | null;
  readonly service: string | null;
  readonly sdk: string | null;
  readonly spans: number;
  readonly logs: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly missing: number | null;
  readonly dropped: number | null;
  readonly heard_at: string;
}

/** A client of the OTLP door, as HTTP shows it: its requests, and those that were refused, by status. */
export interface SenderHealth {
  readonly name: string;
  readonly address: string;
  readonly requests: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly heard_at: string;
  readonly refused_at: string | null;
}

/** What a rule against noise has taken away: steps it dropped, and steps that another one now stands for. */
export interface NoiseItem {
  readonly rule: string;
  readonly dropped: number;
  readonly folded: number;
}

/** Ten seconds of the server. What was accepted and refused is of these seconds, as is the longest of each time. `unread_bytes` and `missing` are those at the end. `loop_blocked_ns` is the longest delay that the event loop's own work made. A time is null if nothing of its kind happened. */
export interface HealthPoint {
  readonly at: string;
  readonly accepted: number;
  readonly refused: number;
  readonly missing: number;
  readonly unread_bytes: number;
  readonly commit_ns: number | null;
  readonly loop_lag_ns: number | null;
  readonly loop_blocked_ns: number | null;
}

/** The parts of the server that belong to no workspace. `live_trouble` says why other servers are not heard. */
export interface ServerParts {
  readonly version: string;
  readonly started_at: string;
  readonly accepted: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly noise: readonly NoiseItem[];
  readonly open_spans: number;
  readonly spool_bytes: number;
  readonly unread_bytes: number;
  readonly backlog_limit_bytes: number;
  readonly dead_letters: number | null;
  readonly rows_written: number;
  readonly commits: TimeSummary;
  readonly questions: TimeSummary;
  readonly thread_waits: TimeSummary;
  readonly loop_lag: TimeSummary;
  readonly memory_bytes: number | null;
  readonly threads: number;
  readonly jobs: JobsState | null;
  readonly store_trouble: TroubleItem | null;
  readonly spool_trouble: TroubleItem | null;
  readonly live_trouble: TroubleItem | null;
  readonly senders: readonly SenderHealth[];
  readonly point_s: number;
  readonly points: readonly HealthPoint[];
}

/** How the server is: in words first, the worst on top. `programs` are those of the asker's workspace; `server` is null for who may see only one workspace. */
export interface ServerHealth {
  readonly words: readonly HealthWord[];
  readonly programs: readonly ProgramHealth[];
  readonly server: ServerParts | null;
}

/** A key, without the key itself. `workspace` is null for a key of the whole server. `last_used` is known to a minute or so, null if it was never used. */
export interface KeyItem {
  readonly key_id: string;
  readonly title: string;
  readonly workspace: string | null;
  readonly rights: readonly ("admin" | "ingest" | "read")[];
  readonly state: "active" | "expired" | "revoked";
  readonly created: string;
  readonly expires: string | null;
  readonly revoked: string | null;
  readonly last_used: string | null;
}

/** All keys, the newest first. */
export interface KeyPage {
  readonly items: readonly KeyItem[];
}

/** A key to make: a title for people, its workspace ('*' for the whole server), what it opens, how long it holds. `expires_in` is a duration such as '90d'; without it the key holds until it is revoked. */
export interface NewKey {
  readonly title: string;
  readonly workspace: string | null;
  readonly rights: readonly ("admin" | "ingest" | "read")[];
  readonly expires_in: string | null;
}

/** A key that was just made. `key` is shown here once; nobody can tell it again. */
export interface MadeKey {
  readonly key: string;
  readonly item: KeyItem;
}

/** Who is asking. Without keys `key_id`, `title` and `workspace` are null, and everything is allowed. `is_login` says that somebody has logged in with the key, so that the way out makes sense. */
export interface Session {
  readonly key_id: string | null;
  readonly title: string | null;
  readonly workspace: string | null;
  readonly rights: readonly ("admin" | "ingest" | "read")[];
  readonly is_login: boolean;
}

/** A workspace that has a title or a key; data may also be in others. */
export interface WorkspaceItem {
  readonly workspace: string;
  readonly title: string | null;
  readonly keys: number;
}

/** Workspaces by name. */
export interface WorkspacePage {
  readonly items: readonly WorkspaceItem[];
}

/** Who changed what, and when. `status` is the HTTP status of the answer: from 400 on it was refused. `workspace` is null for a key of the whole server and where no keys are used; `key_id` and `who` (the title of the key) are null where none was shown. */
export interface AuditItem {
  readonly time: string;
  readonly deed: string;
  readonly subject: string | null;
  readonly key_id: string | null;
  readonly who: string | null;
  readonly workspace: string | null;
  readonly address: string | null;
  readonly status: number;
}

/** Entries of the audit log, the newest first. */
export interface AuditPage {
  readonly items: readonly AuditItem[];
}

/** One thing that happened. Absent fields are null. `id` is the same whenever the same thing is told again. `at` is when it happened. One of `execution`, `step`, `stage`, `decision`, `finding` and `alert` tells what it is about; their `offset_ns` count from `origin`, the start of the top execution. `step.started` comes again when what is known of an open step changes: its first token came. */
export interface LiveEvent {
  readonly id: string;
  readonly kind: "alert.fired" | "decision.made" | "execution.completed" | "execution.started" | "finding.raised" | "stage.changed" | "step.completed" | "step.started";
  readonly at: string;
  readonly workspace: string;
  readonly agent?: string | null;
  readonly execution_id?: string | null;
  readonly root_execution_id?: string | null;
  readonly trace_id?: string | null;
  readonly origin?: string | null;
  readonly execution?: ExecutionNode | null;
  readonly step?: StepNode | null;
  readonly stage?: EventNode | null;
  readonly decision?: DecisionNode | null;
  readonly finding?: FindingItem | null;
  readonly alert?: Readonly<Record<string, unknown>> | null;
}

/** How many executions of an agent are open. `running` and `queued` are all of them. Of the running ones `waiting` wait for a model that has not begun to answer. `queued` ones have not begun to work, or wait in a queue. `longest_ns` is how long the one that began first has been open. */
export interface RunningAgent {
  readonly workspace: string;
  readonly agent: string;
  readonly running: number;
  readonly queued: number;
  readonly waiting: number;
  readonly longest_ns: number;
}

/** An open step that no other open step lies below: what an execution does now. `p99_ns` is how long 99 of 100 successful calls of this model took in the last day; null with fewer than 30, and for other steps. `words` say it as a sentence does: "waiting 41 s for gpt-5.2, p99 is 12 s". */
export interface InHand {
  readonly step_id: string;
  readonly name: string;
  readonly category: string;
  readonly status: string;
  readonly model: string | null;
  readonly started_at: string;
  readonly so_far_ns: number;
  readonly p99_ns: number | null;
  readonly is_waiting: boolean;
  readonly words: string;
}

/** An open execution and what it has in hand, the longest first; nothing where its child executions have it all. `silent_ns` is how long nothing was heard of its process, null where that does not say that it lives. */
export interface RunningExecution {
  readonly execution_id: string;
  readonly root_execution_id: string;
  readonly parent_execution_id: string | null;
  readonly trace_id: string;
  readonly workspace: string;
  readonly agent: string;
  readonly status: string;
  readonly stage: string | null;
  readonly state: string;
  readonly started_at: string;
  readonly so_far_ns: number;
  readonly silent_ns: number | null;
  readonly in_hand: readonly InHand[];
}

/** A request to a model that has no response yet: neither its end nor its first token came. */
export interface OpenRequest {
  readonly workspace: string;
  readonly agent: string;
  readonly execution_id: string;
  readonly step_id: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly started_at: string;
  readonly so_far_ns: number;
  readonly p99_ns: number | null;
}

/** What runs: counts by agent, the executions that began first (at most 200, `more` others), open requests. `bottleneck` says in words what most of it waits for, null while nothing takes long. */
export interface Running {
  readonly at: string;
  readonly agents: readonly RunningAgent[];
  readonly executions: readonly RunningExecution[];
  readonly more: number;
  readonly open_requests: readonly OpenRequest[];
  readonly bottleneck: string | null;
}

/** A slot of time; `started_at` is when it begins. Durations leave skipped executions out. Cost and tokens are those of each execution's own steps; null where nobody told any. `in_flight` is how many of the executions that began in it ran at once on average over its width. */
export interface PulsePlace {
  readonly started_at: string;
  readonly executions: number;
  readonly failed: number;
  readonly success_rate: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly mean_ns: number | null;
  readonly cost_usd: number | null;
  readonly tokens: number | null;
  readonly in_flight: number;
  readonly memory_mb: number | null;
}

/** Executions by when they started, in 60 to 120 slots of `width_ns`, empty ones included, the oldest first. The first and the last slot may reach beyond the range. `executions`, `p50_ns` and `p95_ns` are of all of them. `gone` are those that retention has removed, counted nowhere else in this answer: their sums by days are left (`GET /api/overview`). Null where a filter is given that these sums do not know. */
export interface Pulse {
  readonly from_time: string;
  readonly to_time: string;
  readonly width_ns: number;
  readonly executions: number;
  readonly failed: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly gone: number | null;
  readonly places: readonly PulsePlace[];
}

/** One execution as a point: `offset_ms` is from the beginning of the range to its start. */
export interface ExecutionPoint {
  readonly execution_id: string;
  readonly agent: string;
  readonly status: string;
  readonly offset_ms: number;
  readonly duration_ns: number;
}

/** How many executions of a status there are, and how many of them are drawn; open ones have no duration yet. */
export interface StatusCount {
  readonly status: string;
  readonly executions: number;
  readonly drawn: number;
}

/** At most 2,000 ended executions, drawn at random where there are more; failed ones by themselves, at most 500. `one_in` is how many of those that did not fail one point stands for, and `failed_one_in` of those that did. */
export interface Points {
  readonly from_time: string;
  readonly to_time: string;
  readonly executions: number;
  readonly one_in: number;
  readonly failed_one_in: number;
  readonly statuses: readonly StatusCount[];
  readonly points: readonly ExecutionPoint[];
}

/** How many executions took longer than `from_ns` and at most `to_ns`, and how many of the other set did. */
export interface DurationBin {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly executions: number;
  readonly against: number | null;
}

/** The executions of one set, and how long half and 95 % of them took at most, within 1 %. */
export interface DurationSet {
  readonly executions: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
}

/** Ended executions by duration, in bins of equal width on a logarithmic axis, without skipped ones. With another set both have the same bins; `words` says which one it is. */
export interface Distribution {
  readonly from_time: string;
  readonly to_time: string;
  readonly executions: DurationSet;
  readonly against: DurationSet | null;
  readonly words: string | null;
  readonly bins: readonly DurationBin[];
}

/** Which part of the chosen executions has something, and which part of the others. */
export interface TraitShare {
  readonly key: string;
  readonly relation: string;
  readonly value: string;
  readonly share: number;
  readonly other_share: number;
}

/** What the chosen executions have more often than the others. `share` and `other_share` are which part of them has it, `points` the difference of these, between `low` and `high` with 95 % confidence (null with too few). `odds_ratio` compares executions that are alike in what was told before it; `p_value` is corrected for how many traits were tested. `companions` are what mostly the same executions have: which of them matters cannot be told apart. */
export interface TraitDifference {
  readonly key: string;
  readonly relation: string;
  readonly value: string;
  readonly share: number;
  readonly other_share: number;
  readonly points: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly odds_ratio: number;
  readonly p_value: number;
  readonly sentence: string;
  readonly companions: readonly TraitShare[];
}

/** What is different about the chosen executions, the surest first; of what goes together the strongest is told. `looked_at` of them and `others_looked_at` of the others were drawn at random. `slower_than_ns` is where nothing was chosen, so that the slow ones are: the 95th percentile. `alike` are the keys that were tested and do not differ for certain. They are differences, not causes. */
export interface Differences {
  readonly from_time: string;
  readonly to_time: string;
  readonly chosen: number;
  readonly others: number;
  readonly looked_at: number;
  readonly others_looked_at: number;
  readonly slower_than_ns: number | null;
  readonly tested: number;
  readonly message: string;
  readonly differences: readonly TraitDifference[];
  readonly alike: readonly string[];
}

/** An agent in a period and how long it took in the one before. `p50_change` and `p95_change` are relative (0.2: a fifth longer), null where a period has too few; `is_slower` and `is_faster` only where the medians differ for certain. `category_ns` is the time of its steps without what ran inside them, estimated for all where some were sampled. Cost and tokens are its own, without agents that it called. */
export interface UsualAgent {
  readonly agent: string;
  readonly executions: number;
  readonly running: number;
  readonly failed_share: number | null;
  readonly skipped_share: number | null;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly p50_before_ns: number | null;
  readonly p95_before_ns: number | null;
  readonly p50_change: number | null;
  readonly p95_change: number | null;
  readonly is_slower: boolean;
  readonly is_faster: boolean;
  readonly steps_mean: number | null;
  readonly cost_usd: number | null;
  readonly tokens: number | null;
  readonly category_ns: Readonly<Record<string, number>>;
}

/** The agents of a period, those with most executions first; `environments` are those in which any ran. */
export interface UsualAgents {
  readonly from_time: string;
  readonly to_time: string;
  readonly previous_from_time: string;
  readonly environments: readonly string[];
  readonly agents: readonly UsualAgent[];
}

/** A view to keep; it takes the place of the one of its page with its title. `search` is the address's query. */
export interface NewView {
  readonly title: string;
  readonly page: string;
  readonly search: string;
  readonly workspace: string;
}

/** A view that was kept. `search` is the query part of the page's address, with its question mark. */
export interface SavedViewItem {
  readonly view_id: string;
  readonly workspace: string;
  readonly page: string;
  readonly title: string;
  readonly search: string;
  readonly changed_at: string;
}

/** All views that were kept, by page and title. */
export interface SavedViewPage {
  readonly items: readonly SavedViewItem[];
}

/** An agent that people spoke to in a session, and in how many turns. */
export interface SessionAgent {
  readonly agent: string;
  readonly turns: number;
}

/** One session. A turn is an execution of it that no other one called. `busy_ns` is the wall time in which a turn ran, `think_ns` the time between turns, which is the user's and not the agent's; together they are `duration_ns`, from the first start to the last end. Percentiles are of the turns that have ended, within 1 %. Tokens and cost are those of whole turns; null where none of their model calls told. */
export interface SessionSummary {
  readonly session_id: string;
  readonly workspace: string;
  readonly user_id: string | null;
  readonly agents: readonly SessionAgent[];
  readonly turns: number;
  readonly running: number;
  readonly failed: number;
  readonly first_at: string;
  readonly last_at: string;
  readonly duration_ns: number;
  readonly busy_ns: number;
  readonly think_ns: number;
  readonly p50_ns: number | null;
  readonly p95_ns: number | null;
  readonly tokens: number | null;
  readonly cost_usd: number | null;
  readonly model_calls: number;
  readonly model_calls_without_usage: number;
  readonly model_calls_without_cost: number;
}

/** Sessions in the order that was asked for. `sessions` is how many there are without the limit. */
export interface SessionPage {
  readonly items: readonly SessionSummary[];
  readonly sessions: number;
}

/** One turn. `offset_ns` is from the start of the first turn; `think_ns` is how long nothing ran before it, null for the first turn and 0 where the turn before still ran. `asked` and `answered` are the words of its input and output, at most 2,000 letters of each, as far as they could be made out. Tokens and cost `so_far` are the sums of what was told up to and with this turn. */
export interface SessionTurn {
  readonly number: number;
  readonly execution: ExecutionItem;
  readonly offset_ns: number;
  readonly think_ns: number | null;
  readonly asked: string | null;
  readonly answered: string | null;
  readonly tokens_so_far: number | null;
  readonly cost_so_far_usd: number | null;
}

/** A session with its first turns, in order of time; `turns_left_out` is how many more there are. */
export interface SessionDetail {
  readonly session: SessionSummary;
  readonly turns: readonly SessionTurn[];
  readonly turns_left_out: number;
}

/** A rule as people write it, in YAML, in the form of the page and in REST alike; quantities are texts with units. `watch` names a statistic and goes with `above` or `below`; `absent_for`, `change_of` and `budget` each make another kind of rule. `by` makes an alert for each agent, version, environment, user or step of its own. `hold` is how long it must hold before it fires, `clears_at` and `clears_after` when it is over. */
export interface RuleText {
  readonly name: string;
  readonly watch?: string | null;
  readonly above?: string | null;
  readonly below?: string | null;
  readonly over?: string | null;
  readonly absent_for?: string | null;
  readonly change_of?: string | null;
  readonly more_than?: string | null;
  readonly budget?: string | null;
  readonly per?: string | null;
  readonly warn_at?: string | null;
  readonly acts?: boolean;
  readonly agent?: string | null;
  readonly version?: string | null;
  readonly environment?: string | null;
  readonly user?: string | null;
  readonly step?: string | null;
  readonly by?: string | null;
  readonly at_least?: string | null;
  readonly hold?: string | null;
  readonly clears_at?: string | null;
  readonly clears_after?: string | null;
  readonly notify?: readonly string[];
  readonly workspace?: string;
  readonly is_enabled?: boolean;
}

/** An alert: why it fires or fired, and since when; times are RFC 3339. `value`, `worst` and `limit` are of `unit`: `share` 0..1, `duration` in nanoseconds, `money` in nano-dollars, `count`; `value_text` and `limit_text` are the same for people. `link` shows the executions that it is about. */
export interface AlertItem {
  readonly workspace: string;
  readonly alert_id: string;
  readonly rule_id: string;
  readonly title: string;
  readonly subject: string;
  readonly level: string;
  readonly state: string;
  readonly said: string;
  readonly unit: string;
  readonly value: number | null;
  readonly worst: number | null;
  readonly limit: number;
  readonly value_text: string;
  readonly limit_text: string;
  readonly since: string;
  readonly fired_at: string | null;
  readonly cleared_at: string | null;
  readonly acknowledged_by: string | null;
  readonly acknowledged_at: string | null;
  readonly is_silenced: boolean;
  readonly evidence: string;
  readonly link: string;
}

/** A silence: until when nobody is told, of what, and who said so. */
export interface SilenceItem {
  readonly workspace: string;
  readonly silence_id: string;
  readonly rule_id: string | null;
  readonly subject: string | null;
  readonly until: string;
  readonly silenced_by: string;
  readonly reason: string;
}

/** A rule as it was written, in words, and how it stands. `trouble` is why it cannot be looked at, if it cannot. */
export interface RuleItem {
  readonly rule_id: string;
  readonly workspace: string;
  readonly title: string;
  readonly words: string;
  readonly text: RuleText;
  readonly firing: number;
  readonly is_enabled: boolean;
  readonly trouble: string | null;
}

/** Where messages go. Of the address only the kind and the host are shown; all else may be secret. */
export interface TargetItem {
  readonly workspace: string;
  readonly target: string;
  readonly address: string;
}

/** A message: `sent`, `waiting` for its next try, or `given up`. */
export interface DeliveryItem {
  readonly workspace: string;
  readonly delivery_id: string;
  readonly rule_id: string;
  readonly target: string;
  readonly subject_line: string;
  readonly state: string;
  readonly created_at: string;
  readonly attempts: number;
  readonly next_at: string | null;
  readonly delivered_at: string | null;
  readonly error: string | null;
}

/** The last messages, the latest first. */
export interface DeliveryPage {
  readonly items: readonly DeliveryItem[];
}

/** What fires now, the worst first, what is silenced, and the last messages that could not be delivered. */
export interface AlertPage {
  readonly items: readonly AlertItem[];
  readonly pending: readonly AlertItem[];
  readonly silences: readonly SilenceItem[];
  readonly undelivered: readonly DeliveryItem[];
  readonly rules: number;
}

/** What fired, the latest first; `next_before` continues it. */
export interface AlertHistory {
  readonly items: readonly AlertItem[];
  readonly next_before: string | null;
}

/** All rules, and where messages can go. */
export interface RulePage {
  readonly items: readonly RuleItem[];
  readonly targets: readonly TargetItem[];
}

/** A time for which a rule would have fired; it still would without `cleared_at`. */
export interface EpisodeItem {
  readonly subject: string;
  readonly level: string;
  readonly fired_at: string;
  readonly cleared_at: string | null;
  readonly duration_ns: number;
  readonly worst: number | null;
  readonly worst_text: string;
  readonly said: string;
}

/** The watched value of a subject at each moment; unknown where too little ran. */
export interface PreviewLine {
  readonly subject: string;
  readonly values: readonly (number | null)[];
}

/** What a rule would have done over past days. `offsets_ns` are the moments from `from_time` on, `lines` the values at each of them; `subjects` counts all that were looked at. `limit`, `clears_at` and values are of `unit`. `unknown_past` says why only the last moment is known, where that is so. */
export interface RulePreview {
  readonly words: string;
  readonly unit: string;
  readonly limit: number;
  readonly limit_text: string;
  readonly clears_at: number;
  readonly is_below: boolean;
  readonly from_time: string;
  readonly to_time: string;
  readonly offsets_ns: readonly number[];
  readonly lines: readonly PreviewLine[];
  readonly episodes: readonly EpisodeItem[];
  readonly fired: number;
  readonly subjects: number;
  readonly unknown_past: string | null;
}

/** What is to be silenced: `lasting` is a duration such as `2 h`, or `until` an RFC 3339 time. */
export interface NewSilence {
  readonly silenced_by: string;
  readonly rule_id: string | null;
  readonly subject: string | null;
  readonly lasting: string | null;
  readonly until: string | null;
  readonly reason: string;
  readonly workspace: string;
}

/** Who looks after an alert. */
export interface Acknowledgement {
  readonly acknowledged_by: string;
  readonly workspace: string;
}

/** Where messages are to go: an address as apprise takes it, such as `slack://...` or `mailtos://...`. */
export interface NewTarget {
  readonly target: string;
  readonly url: string;
  readonly workspace: string;
}

/** A budget that is used up, for the programs that act on it. Filters that are empty hold for all. */
export interface BudgetState {
  readonly rule_id: string;
  readonly title: string;
  readonly agent: string | null;
  readonly version: string | null;
  readonly environment: string | null;
  readonly user: string | null;
  readonly said: string;
  readonly until: string;
}

/** The budgets that are used up now and act. */
export interface BudgetPage {
  readonly items: readonly BudgetState[];
}

/** One place in the code at which a rule fired. `path` is relative to the audited root, with `/`; lines count from 1. `function` is the qualified name of the innermost function around the place (`Class.method`, `outer.<locals>.inner`), `<module>` outside any. `fingerprint` stays the same while the line moves: a digest of rule, path, function and the text of the statement, with a number for the second alike. `reasons` say why the rule believes it, one short sentence each. */
export interface AuditFinding {
  readonly rule: string;
  readonly title: string;
  readonly message: string;
  readonly advice: string;
  readonly confidence: Confidence;
  readonly path: string;
  readonly line: number;
  readonly end_line: number;
  readonly column: number;
  readonly function: string;
  readonly fingerprint: string;
  readonly reasons: readonly string[];
}

/** What `longpole audit --measured` posts: all that one audit found in one program. What the program had before and is not among the findings is gone; with `rules` only what those rules find, and of that what is as sure as `min_confidence`: an audit that looks for less has not seen the rest go. */
export interface AuditPost {
  readonly program: string;
  readonly findings: readonly AuditFinding[];
  readonly rules: readonly string[];
  readonly min_confidence: Confidence;
  readonly workspace: string;
}

/** What an audit has changed: how many findings the program has now, and how many came, came back and went. */
export interface AuditPosted {
  readonly program: string;
  readonly findings: number;
  readonly appeared: number;
  readonly reappeared: number;
  readonly disappeared: number;
}

/** What somebody says of a finding: "open", "accepted" or "fixed", who says so and why. */
export interface AuditStateChange {
  readonly state: string;
  readonly by: string | null;
  readonly reason: string | null;
  readonly program: string | null;
  readonly workspace: string;
}

/** An eighth of the period: executions that were looked at, in how many of them the place ran, and for how long on average there; `mean_ns` is null where it ran in none. */
export interface AuditTrendPoint {
  readonly from_time: string;
  readonly executions: number;
  readonly ran: number;
  readonly mean_ns: number | null;
}

/** What has become of the agent's executions since an audit had the finding no more. `agent` is the one in which the place took most before. `mean_ns` and `p95_ns` hold executions since then against those before, with intervals of 95 %; `message` is "verified: -1.7 s, ..." where the mean fell for certain. */
export interface AuditVerified {
  readonly agent: string;
  readonly before: number;
  readonly after: number;
  readonly mean_ns: Change;
  readonly p95_ns: Change;
  readonly is_verified: boolean;
  readonly message: string;
}

/** One place that an audit found, and what was measured there. `ran_by` says by what it is known to have run: "line" (a step or a blocked event loop at this very place), "stack" (it was on the stack while the event loop stood) or "function" (its function is a step, and the place may be a small part of it); null where nothing was seen of it. Then it may have run all the same, where nothing is recorded. `executions` are those looked at in which it ran, `share` is their share of the executions of its `agents`. `time_p50_ns` and `time_p95_ns` are for one execution in which it ran: time of the place itself, or with "function" that of its function. `saving_ns` is what such an execution would have been shorter on average, simulated for `simulated` of them; null where nobody can tell. `p95_drop` is the share by which p95 of the agents' executions would fall, 0 to 1. `saving_total_ns` is the saving of all executions of the period, estimated. `share_before` and `time_p50_before_ns` are those of the period before, of the same length. */
export interface AuditedPlace {
  readonly fingerprint: string;
  readonly program: string;
  readonly rule: string;
  readonly title: string;
  readonly message: string;
  readonly advice: string;
  readonly confidence: string;
  readonly reasons: readonly string[];
  readonly code_file: string;
  readonly code_line: number;
  readonly code_end_line: number;
  readonly code_function: string;
  readonly state: string;
  readonly state_by: string | null;
  readonly state_reason: string | null;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly gone: string | null;
  readonly evidence: string;
  readonly ran_by: string | null;
  readonly agents: readonly string[];
  readonly executions: number;
  readonly share: number | null;
  readonly time_p50_ns: number | null;
  readonly time_p95_ns: number | null;
  readonly saving_ns: number | null;
  readonly saving_total_ns: number | null;
  readonly p50_drop: number | null;
  readonly p95_drop: number | null;
  readonly simulated: number;
  readonly share_before: number | null;
  readonly time_p50_before_ns: number | null;
  readonly trend: readonly AuditTrendPoint[];
  readonly example_execution_id: string | null;
  readonly verified: AuditVerified | null;
}

/** A program whose audit was posted, when last, and how many of its findings are in each state. */
export interface AuditProgram {
  readonly program: string;
  readonly posted: string;
  readonly open: number;
  readonly accepted: number;
  readonly fixed: number;
}

/** What the audits of the programs found, joined with recorded executions; the largest saving first, then what ran, then what was not seen to run, then what is fixed. Of the period's `executions` (top executions that have ended) `looked_at` were held against the findings, chosen by their ids, which is by chance; of those in which a place ran `simulated` were run again without the faults. `saving_ns`, `p50_drop` and `p95_drop` are of all open findings at once, simulated together and never added up. `not_seen` is how many open findings were not seen to run. `message` says it in a sentence or two. */
export interface AuditReport {
  readonly from_time: string;
  readonly to_time: string;
  readonly message: string;
  readonly programs: readonly AuditProgram[];
  readonly executions: number;
  readonly looked_at: number;
  readonly simulated: number;
  readonly saving_ns: number | null;
  readonly p50_drop: number | null;
  readonly p95_drop: number | null;
  readonly not_seen: number;
  readonly items: readonly AuditedPlace[];
}

/** One figure before and after. `name` is what it is, `unit` "ns", "bytes", "share" or "count". `is_of_execution` says that it is a mean for one execution. `told_before` and `told_after` are how many executions told it; `missing` says what to turn on where too few did. */
export interface AuditMetric {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly change: Change;
  readonly told_before: number;
  readonly told_after: number;
  readonly missing: string | null;
}

/** Document 4's verification metrics of an agent before and after a change, with intervals of 95 %. */
export interface AuditVerification {
  readonly agent: string;
  readonly before: ExecutionSet;
  readonly after: ExecutionSet;
  readonly message: string;
  readonly metrics: readonly AuditMetric[];
}

/** What is posted: one SELECT, and the most rows that are wanted; a thousand where that is not said. */
export interface SqlBody {
  readonly sql: string;
  readonly limit: number | null;
}

/** A column of an answer, with its type in the words of the database. */
export interface SqlColumn {
  readonly name: string;
  readonly type: string;
}

/** The rows, each with a value for each column. `has_more` says that there are more than were asked for or allowed. Values are those of JSON. Decimals and integers beyond 64 bits are texts, bytes are base64, times ISO 8601. */
export interface SqlAnswer {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly (readonly unknown[])[];
  readonly has_more: boolean;
  readonly duration_ns: number;
}

/** One dead letter without what it holds. `kind` is `body` (a request that could not be read), `rows` (the store refused them), `spans` (no rows could be made of them) or `damage` (bytes of the spool). `workspace` is null where only the content could tell it. `attempts` counts how often it failed. */
export interface DeadLetterItem {
  readonly letter_id: string;
  readonly kind: string;
  readonly workspace: string | null;
  readonly signal: string | null;
  readonly body_format: string | null;
  readonly reason: string;
  readonly size_bytes: number;
  readonly received_at: string;
  readonly buried_at: string;
  readonly attempts: number;
  readonly server: string;
}

/** Dead letters, the one buried last first; `letters` and `size_bytes` count all that match, not only the page. */
export interface DeadLetterPage {
  readonly items: readonly DeadLetterItem[];
  readonly letters: number;
  readonly size_bytes: number;
}

/** One dead letter with what it holds in base64, and the traceback of its last failure. */
export interface DeadLetterDetail {
  readonly letter: DeadLetterItem;
  readonly traceback: string | null;
  readonly content: string;
}

/** What became of a dead letter that was tried again. `outcome` is `done` (it is stored, the letter is gone), `failed` (the letter stays, with a new reason), `waiting` (nothing is known yet) or `dropped`. */
export interface RetriedLetter {
  readonly letter_id: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly attempts: number;
}

/** An address that is to be told of events; it takes the place of the one with its name. `kinds` and `agent` say of which; nothing means all. Without a `secret` one is made. */
export interface NewWebhook {
  readonly name: string;
  readonly url: string;
  readonly kinds: readonly ("alert.fired" | "decision.made" | "execution.completed" | "execution.started" | "finding.raised" | "stage.changed" | "step.completed" | "step.started")[];
  readonly agent: string | null;
  readonly secret: string | null;
  readonly workspace: string;
}

/** A webhook. Of its address only the scheme and the host are shown: the rest may be secret. `secret` is there only in the answer that made it. */
export interface WebhookItem {
  readonly name: string;
  readonly workspace: string;
  readonly address: string;
  readonly kinds: readonly string[];
  readonly agent: string | null;
  readonly changed_at: string;
  readonly secret: string | null;
}

/** An event on its way to a webhook. `state` is "waiting", "delivered", or "dead": given up after all tries. */
export interface WebhookDeliveryItem {
  readonly delivery_id: string;
  readonly name: string;
  readonly workspace: string;
  readonly kind: string;
  readonly state: string;
  readonly attempts: number;
  readonly created_at: string;
  readonly next_at: string | null;
  readonly error: string | null;
}

/** All webhooks, and the last of what was sent to them. */
export interface WebhookPage {
  readonly items: readonly WebhookItem[];
  readonly deliveries: readonly WebhookDeliveryItem[];
}
