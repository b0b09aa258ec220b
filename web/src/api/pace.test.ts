import { afterEach, describe, expect, it, vi } from "vitest";
import { seldom, timed } from "./pace";

afterEach(() => vi.restoreAllMocks());

async function answered(what: string, ms: number): Promise<void> {
  const clock = vi
    .spyOn(performance, "now")
    .mockReturnValueOnce(1_000)
    .mockReturnValueOnce(1_000 + ms);
  await timed(what, async () => "the answer");
  clock.mockRestore();
}

describe("how often a page asks again", () => {
  it("is the least while answers are quick or none has come", async () => {
    expect(seldom("new", 3_000)).toBe(3_000);
    await answered("quick", 20);
    expect(seldom("quick", 3_000)).toBe(3_000);
  });

  it("leaves a slow server 98 % of its time", async () => {
    await answered("slow", 200);
    await answered("slow", 150);
    expect(seldom("slow", 3_000)).toBe(7_500);
  });

  it("does not fall asleep for one late answer, nor ever", async () => {
    await answered("late", 9_000); // the first of a page, of a server that has just been started
    expect(seldom("late", 3_000)).toBe(3_000);
    await answered("late", 20);
    await answered("late", 9_000);
    expect(seldom("late", 3_000)).toBe(3_000);
    await answered("late", 9_000);
    expect(seldom("late", 3_000)).toBe(30_000);
  });

  it("passes on what was asked for, and errors", async () => {
    expect(await timed("one", async () => 7)).toBe(7);
    await expect(
      timed("one", async () => {
        throw new Error("gone");
      }),
    ).rejects.toThrow("gone");
  });
});
