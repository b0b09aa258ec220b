// Which model call a request is a part of: the time of its POST is the model's, as the server counts it.

import type { StepNode } from "../api/views.gen";

const DEEPEST = 3;

/** Gives for each step the model call that it is a request of, or the step itself. */
export function modelCalls(steps: readonly StepNode[]): (step: StepNode) => StepNode {
  const byId = new Map(steps.map((step) => [step.step_id, step]));
  return (step) => {
    let above: StepNode | undefined = step;
    for (let depth = 0; depth < DEEPEST && above?.category === "http"; depth++) {
      above = above.parent_step_id ? byId.get(above.parent_step_id) : undefined;
      if (above?.category === "llm") return above;
    }
    return step;
  };
}
