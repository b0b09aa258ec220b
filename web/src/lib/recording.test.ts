import { expect, test } from "vitest";
import type { ProcessItem } from "../api/views.gen";
import { recordingOf } from "./recording";

const process = (more: Partial<ProcessItem>): ProcessItem =>
  ({
    dropped: 0,
    overhead_share: 0.001,
    ended_at: null,
    last_heard_at: "2026-11-21T10:00:00Z",
    ...more,
  }) as ProcessItem;

test("of several processes losses add up, and the highest overhead and longest silence count", () => {
  const second = process({ dropped: 3, overhead_share: 0.02, last_heard_at: "2026-11-21T09:59:00Z" });
  expect(recordingOf([process({}), second])).toEqual({
    dropped: 3,
    overhead: 0.02,
    lastHeard: "2026-11-21T09:59:00Z",
  });
});

test("what no process tells is unknown, not 0", () => {
  expect(recordingOf([])).toBeNull();
  expect(recordingOf([process({ dropped: null, overhead_share: null })])).toMatchObject({
    dropped: null,
    overhead: null,
  });
});

test("a process that said goodbye is not waited for", () => {
  expect(recordingOf([process({ ended_at: "2026-11-21T10:00:01Z" })])?.lastHeard).toBeNull();
});
