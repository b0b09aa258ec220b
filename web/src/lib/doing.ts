// What an execution has in hand: its innermost open steps, or those that were open when its process vanished.

import type { ExecutionItem, ExecutionTree, StepNode } from "../api/views.gen";
import { duration } from "./format";

export interface Doing {
  readonly id: string;
  readonly name: string;
  /** What it does, as the middle of a sentence: "waiting for gpt-5.2", "running search". */
  readonly words: string;
  /** When it began, in ns from the start. */
  readonly offset: number;
}

/** The error type of what the server closed because its process was not heard of any more. */
const GONE = "ProcessGone";

/** Whether nobody ended the execution or step: its process fell silent. */
export function isVanished({ status, error_type }: Pick<ExecutionItem, "status" | "error_type">): boolean {
  return status === "crashed" && error_type === GONE;
}

/** Whether a model call has no answer yet, or had none when its process vanished: all of its time is waiting. */
export function isUnanswered(step: StepNode): boolean {
  if (step.category !== "llm" || typeof step.first_token_ns === "number") return false;
  return (
    step.status === "llm_request" || isVanished({ status: step.status, error_type: step.error_type ?? null })
  );
}

const WAITS: ReadonlySet<string> = new Set(["queue", "retry", "rate_limit", "barrier_wait"]);

/** "wait for a thread" as "waiting for a thread"; a pause of another name by its name. */
function waitingWords(name: string): string {
  if (name.startsWith("waiting ")) return name;
  return name.startsWith("wait ") ? name.replace("wait", "waiting") : `waiting: ${name}`;
}

/** In order of start; empty when all has ended. */
export function doingOf(tree: ExecutionTree): Doing[] {
  const steps = new Map(tree.steps.map((step) => [step.step_id, step]));
  const agents = new Map(tree.executions.map((node) => [node.span_id, node]));
  return tree.doing.flatMap((id) => {
    const step = steps.get(id);
    if (step) {
      const isModel = step.category === "llm";
      const has = typeof step.first_token_ns === "number" || step.status === "llm_response";
      const model = step.model ?? "a model";
      const words = isModel
        ? has
          ? `reading the answer of ${model}`
          : `waiting for ${model}`
        : WAITS.has(step.category)
          ? waitingWords(step.name)
          : `running ${step.name}`;
      return [{ id, name: step.name, words, offset: step.offset_ns }];
    }
    const agent = agents.get(id);
    return agent ? [{ id, name: agent.agent, words: `in ${agent.agent}`, offset: agent.offset_ns }] : [];
  });
}

/** The first of them as a sentence with how long it has taken; empty if nothing is known. */
export function doingNow(doing: readonly Doing[], now: number | null): string {
  const first = doing[0];
  if (!first) return "";
  const words = first.words.charAt(0).toUpperCase() + first.words.slice(1);
  const since = now === null ? "" : ` for ${duration(Math.max(0, now - first.offset))}`;
  const more = doing.length > 1 ? `, and ${doing.length - 1} more` : "";
  return `${words}${since}${more}.`;
}
