import { expect, test } from "vitest";
import type { Category } from "../api/views.gen";
import { KINDS, kindOf, roundToHundred, sharesOf } from "./shares";

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test("shares of a whole always sum to 100.0", () => {
  const random = seeded(7);
  for (let round = 0; round < 500; round++) {
    const values = Array.from(
      { length: 1 + Math.floor(random() * 10) },
      () => Math.floor(random() ** 4 * 1e9) + 1,
    );
    const tenths = roundToHundred(values).reduce((sum, value) => sum + Math.round(value * 10), 0);
    expect(tenths).toBe(1000);
  }
});

test("kinds come in the order of every legend, and empty ones are left out", () => {
  const shares = sharesOf({ unexplained: 1, tool: 2, llm_wait: 3, llm: 4, database: 0 });
  expect(shares.map((share) => share.kind)).toEqual(["waiting", "generating", "tool", "unexplained"]);
});

test("a model's time is not called generating while its first token is unknown", () => {
  expect(sharesOf({ llm: 4, tool: 1 })[0]?.name).toBe("Model call");
});

test("every category of the server has a kind of its own choosing", () => {
  const categories: Record<Category, true> = {
    llm: true,
    tool: true,
    database: true,
    cache: true,
    http: true,
    retrieval: true,
    agent_comm: true,
    retry: true,
    rate_limit: true,
    queue: true,
    validation: true,
    serialization: true,
    guardrail: true,
    barrier_wait: true,
    blocked_loop: true,
    processing: true,
    agent: true,
  };
  for (const category of Object.keys(categories)) {
    expect(KINDS, category).toContain(kindOf(category));
    if (category !== "agent") expect(kindOf(category), category).not.toBe("unexplained");
  }
});
