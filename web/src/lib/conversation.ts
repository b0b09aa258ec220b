// What was said to a model and by it, from the bodies of its calls, whatever shape a client gave them.

export interface Said {
  readonly role: string;
  readonly text: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The messages of a request or a response, in their order; what is no message is shown as JSON under `role`. */
export function messagesOf(body: unknown, role: string): Said[] {
  if (body === null || body === undefined || body === "") return [];
  if (Array.isArray(body)) return body.flatMap((each) => messagesOf(each, role));
  if (!isObject(body)) return [{ role, text: String(body) }];
  for (const name of ["messages", "choices", "input", "output", "candidates", "contents"])
    if (Array.isArray(body[name])) return [...systemOf(body), ...messagesOf(body[name], role)];
  if (isObject(body.message)) return messagesOf(body.message, role);
  const own = typeof body.role === "string" ? body.role : role;
  const calls = callsOf(body.tool_calls);
  const content = body.content ?? body.parts ?? body.text;
  if (content !== undefined && content !== null)
    return [{ role: own, text: [textOf(content), ...calls].filter(Boolean).join("\n") }];
  if (calls.length > 0) return [{ role: own, text: calls.join("\n") }];
  return [{ role: own, text: JSON.stringify(body, null, 1) }];
}

function systemOf(body: Record<string, unknown>): Said[] {
  const system = body.system ?? body.instructions ?? body.system_prompt;
  return system ? [{ role: "system", text: textOf(system) }] : [];
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map(textOf).join("\n");
  if (!isObject(content)) return String(content);
  if (typeof content.text === "string") return content.text;
  if (content.content !== undefined) return textOf(content.content);
  if (typeof content.name === "string")
    return `${content.name}(${argumentsOf(content.input ?? content.arguments)})`;
  return JSON.stringify(content);
}

function callsOf(calls: unknown): string[] {
  if (!Array.isArray(calls)) return [];
  return calls.filter(isObject).map((call) => {
    const named = isObject(call.function) ? call.function : call;
    return `${String(named.name ?? "call")}(${argumentsOf(named.arguments ?? named.args)})`;
  });
}

const argumentsOf = (value: unknown) =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** The messages that the one before had not: what a conversation repeats from call to call is said once. */
export function newMessages(
  before: readonly Said[],
  now: readonly Said[],
): { repeated: number; fresh: Said[] } {
  let repeated = 0;
  const isSame = (a: Said | undefined, b: Said | undefined) =>
    a && b && a.role === b.role && a.text === b.text;
  while (repeated < now.length && isSame(before[repeated], now[repeated])) repeated += 1;
  return { repeated, fresh: now.slice(repeated) };
}
