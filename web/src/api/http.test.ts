import { afterEach, expect, test, vi } from "vitest";
import { askNothingMore, getJson } from "./http";

const answer = (body: unknown) => Promise.resolve(new Response(JSON.stringify(body)));

afterEach(() => {
  globalThis.longpoleEarly = undefined;
  vi.unstubAllGlobals();
});

test("what was asked for before the scripts were there is taken once, and then asked anew", async () => {
  const fetched = vi.fn(() => answer("later"));
  vi.stubGlobal("fetch", fetched);
  globalThis.longpoleEarly = { path: "/api/analysis/pulse", answer: answer("early") };

  expect(await getJson("/api/alerts")).toBe("later");
  expect(await getJson("/api/analysis/pulse")).toBe("early");
  expect(await getJson("/api/analysis/pulse")).toBe("later");
  expect(fetched).toHaveBeenCalledTimes(2);
});

test("an early question that failed is told like any other, and the next one is asked", async () => {
  vi.stubGlobal("fetch", () => answer("later"));
  globalThis.longpoleEarly = { path: "/api/executions/e", answer: Promise.reject(new TypeError("gone")) };

  await expect(getJson("/api/executions/e")).rejects.toThrow("The server does not answer");
  expect(await getJson("/api/executions/e")).toBe("later");
});

test("a page that is about to be left gives up what it asked, and asks nothing more", async () => {
  const asked: (AbortSignal | undefined)[] = [];
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => {
    signal?.throwIfAborted();
    asked.push(signal ?? undefined);
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  });
  const settled = vi.fn();
  getJson("/api/alerts").then(settled, settled);
  getJson("/api/overview", new AbortController().signal).then(settled, settled);

  askNothingMore();
  getJson("/api/health").then(settled, settled);
  await new Promise((resolve) => setTimeout(resolve));

  expect(asked.map((signal) => signal?.aborted)).toEqual([true, true]);
  expect(settled).not.toHaveBeenCalled();
});
