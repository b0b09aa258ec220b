// The stages of one execution as they are drawn and said.

import type { ExecutionTree } from "../api/views.gen";
import { duration } from "./format";

export interface Stage {
  readonly key: string;
  readonly name: string;
  readonly offset: number;
  /** Null while the execution is in it. */
  readonly duration: number | null;
  /** What is not as it should be: nothing, "left open" or "failed". */
  readonly trouble: "" | "left open" | "failed";
  readonly message: string;
}

/** The stages of the top execution, in order of time. */
export function stagesOf(tree: ExecutionTree): Stage[] {
  return tree.stages
    .filter((stage) => stage.execution_id === tree.execution.execution_id)
    .map(({ stage, status, offset_ns, duration_ns, message }, i) => ({
      key: `${i}-${stage}`,
      name: stage.replaceAll("_", " "),
      offset: offset_ns,
      duration: duration_ns ?? null,
      trouble: status === "left_open" ? "left open" : status === "failed" ? "failed" : "",
      message: message ?? "",
    }));
}

/** How long a stage lasted; an instant says nothing, an open one how long so far. */
export function stageTime(stage: Stage, now: number | null): string {
  if (stage.duration === null) return now === null ? "" : duration(Math.max(0, now - stage.offset));
  return stage.duration === 0 ? "" : duration(stage.duration);
}
