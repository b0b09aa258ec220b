import { expect, test } from "vitest";
import { talkPieces } from "./talk";

const S = 1_000_000_000;

test("pieces fill the width, turns in proportion, thinking cut short", () => {
  const pieces = talkPieces(
    [
      { offset: 0, duration: 2 * S },
      { offset: 3600 * S, duration: 4 * S },
    ],
    400,
  );
  expect(pieces.map(({ kind }) => kind)).toEqual(["turn", "think", "turn"]);
  const last = pieces.at(-1);
  expect((last?.x ?? 0) + (last?.width ?? 0)).toBeCloseTo(400);
  const [first, think, second] = pieces;
  expect(think?.width).toBeLessThanOrEqual(44);
  expect(think?.duration).toBe(3598 * S);
  expect((second?.width ?? 0) - 4).toBeCloseTo(2 * ((first?.width ?? 0) - 4));
});

test("turns that overlap have no thinking between them, and one that runs is still drawn", () => {
  const pieces = talkPieces(
    [
      { offset: 0, duration: 5 * S },
      { offset: S, duration: S },
      { offset: 3 * S, duration: null },
    ],
    300,
  );
  expect(pieces.map(({ kind }) => kind)).toEqual(["turn", "turn", "turn"]);
  expect(pieces[2]?.width).toBeGreaterThan(0);
  expect(pieces[2]?.duration).toBeNull();
});

test("hundreds of turns stay inside the width", () => {
  const turns = Array.from({ length: 400 }, (_, at) => ({ offset: at * 100 * S, duration: S }));
  const last = talkPieces(turns, 600).at(-1);
  expect((last?.x ?? 0) + (last?.width ?? 0)).toBeLessThanOrEqual(600.01);
});
