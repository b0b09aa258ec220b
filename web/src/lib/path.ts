// The critical path as it is drawn: the server's stretches, a model call cut where its first token came.

import type { ExecutionTree } from "../api/views.gen";
import { isUnanswered } from "./doing";
import { modelCalls } from "./modelCalls";
import { type Kind, kindOf } from "./shares";

export interface PathPart {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly offset: number;
  readonly duration: number;
}

/** The parts in order of time; together they are as long as the server's stretches. */
export function pathParts(source: ExecutionTree): PathPart[] {
  const callOf = modelCalls(source.steps);
  const calls = source.steps.map((step) => [step.step_id, callOf(step)] as const);
  const firstTokens = new Map(
    calls
      .filter(([, call]) => typeof call.first_token_ns === "number")
      .map(([id, call]) => [id, call.offset_ns + (call.first_token_ns ?? 0)]),
  );
  const asking = new Set(calls.filter(([, call]) => isUnanswered(call)).map(([id]) => id));
  return source.critical_path.flatMap(({ node_id, name, category, offset_ns, duration_ns }) => {
    const part = { id: node_id, name, kind: kindOf(category), offset: offset_ns, duration: duration_ns };
    if (asking.has(node_id)) return [{ ...part, kind: "waiting" }];
    const cut = firstTokens.get(node_id);
    if (part.kind !== "generating" || cut === undefined || cut <= offset_ns) return [part];
    const waited = Math.min(cut - offset_ns, duration_ns);
    const waiting: PathPart = { ...part, kind: "waiting", duration: waited };
    return waited === duration_ns
      ? [waiting]
      : [waiting, { ...part, offset: cut, duration: duration_ns - waited }];
  });
}
