// The only place that talks to the network.

import { ApiProblem } from "../lib/problem";
import type { Problem } from "./views.gen";

declare global {
  /** What `early.js` has asked for before this script was there. */
  var longpoleEarly: { readonly path: string; readonly answer: Promise<Response> } | undefined;
}

/** The answer that is on its way already; once, and only if it is the one that is wanted. */
function early(path: string): Promise<Response> | undefined {
  const asked = globalThis.longpoleEarly;
  if (asked?.path !== path) return undefined;
  globalThis.longpoleEarly = undefined;
  return asked.answer;
}

const left = new AbortController();

/** The page is about to be left: what is on its way is given up, and nothing more is asked. */
export function askNothingMore(): void {
  left.abort();
}

/** The JSON at an address of this server; none ever after `askNothingMore`. Throws `ApiProblem` on every failure. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    const until = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
    response = await (early(path) ?? fetch(path, { headers: { accept: "application/json" }, signal: until }));
  } catch (error) {
    if (left.signal.aborted) return new Promise<never>(() => {});
    if (signal?.aborted) throw error;
    throw new ApiProblem(
      0,
      "The server does not answer",
      "Is `longpole serve` still running? This page asks again when you try.",
    );
  }
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

/** Sends JSON to an address of this server and gives its answer. Throws `ApiProblem` on every failure. */
export async function sendJson<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { accept: "application/json", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiProblem(
      0,
      "The server does not answer",
      "Is `longpole serve` still running? Nothing was changed.",
    );
  }
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  if (response.status === 401)
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  try {
    const problem = (await response.json()) as Partial<Problem>;
    return new ApiProblem(
      response.status,
      problem.title ?? "The server refused",
      problem.detail ?? response.statusText,
    );
  } catch {
    return new ApiProblem(
      response.status,
      `The server answered ${response.status}`,
      response.statusText || "without a reason",
    );
  }
}
