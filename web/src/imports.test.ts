// Who may import whom, as data; the build fails when a file crosses a wall.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const SOURCE = import.meta.dirname;
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  lib: ["lib"],
  api: ["api", "lib"],
  ui: ["ui", "lib"],
  charts: ["charts", "ui", "lib"],
  "features/overview": ["features/overview", "charts", "ui", "lib", "api"],
  "features/executions": ["features/executions", "charts", "ui", "lib", "api"],
  "features/execution": ["features/execution", "charts", "ui", "lib", "api"],
  "features/alerts": ["features/alerts", "charts", "ui", "lib", "api"],
  "features/palette": ["features/palette", "charts", "ui", "lib", "api"],
  "features/sessions": ["features/sessions", "charts", "ui", "lib", "api"],
  "features/session": ["features/session", "charts", "ui", "lib", "api"],
  "features/agents": ["features/agents", "charts", "ui", "lib", "api"],
  "features/agent": ["features/agent", "charts", "ui", "lib", "api"],
  "features/whynot": ["features/whynot", "charts", "ui", "lib", "api"],
  "features/compare": ["features/compare", "charts", "ui", "lib", "api"],
  "features/audit": ["features/audit", "charts", "ui", "lib", "api"],
  "features/failures": ["features/failures", "charts", "ui", "lib", "api"],
  "features/bottlenecks": ["features/bottlenecks", "charts", "ui", "lib", "api"],
  "features/regressions": ["features/regressions", "charts", "ui", "lib", "api"],
  "features/cost": ["features/cost", "charts", "ui", "lib", "api"],
  "features/capacity": ["features/capacity", "charts", "ui", "lib", "api"],
  "features/sql": ["features/sql", "charts", "ui", "lib", "api"],
  "features/settings": ["features/settings", "charts", "ui", "lib", "api"],
  "features/health": ["features/health", "charts", "ui", "lib", "api"],
};
/** Types of the server's views may be named anywhere: they are no code. */
const TYPES = "api/views.gen";

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf-8" }).filter((name) =>
  /\.tsx?$/.test(name),
);

function roomOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "features" ? `${first}/${second}` : first;
}

function importsOf(name: string): { readonly target: string; readonly isType: boolean }[] {
  const text = readFileSync(join(SOURCE, name), "utf-8");
  const found = text.matchAll(/import\s+(type\s)?[^"';]*?from\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/g);
  return [...found].map(([, type, from, lazy]) => ({
    target: relative(SOURCE, resolve(SOURCE, dirname(name), (from ?? lazy) as string)),
    isType: Boolean(type),
  }));
}

describe("imports stay inside the walls", () => {
  for (const name of files.filter((file) => file.includes("/") && !file.endsWith(".test.ts"))) {
    test(name, () => {
      const allowed = ALLOWED[roomOf(name)];
      expect(allowed, "a new room needs a rule").toBeDefined();
      const crossing = importsOf(name)
        .filter(({ target, isType }) => !(isType && target === TYPES))
        .map(({ target }) => roomOf(target))
        .filter((room) => !allowed?.includes(room));
      expect(crossing).toEqual([]);
    });
  }
});

test("only api talks to the network", () => {
  const talking = files.filter((name) =>
    /\b(fetch\(|XMLHttpRequest|EventSource|WebSocket)/.test(readFileSync(join(SOURCE, name), "utf-8")),
  );
  expect(talking.filter((name) => roomOf(name) !== "api" && !name.endsWith(".test.ts"))).toEqual([]);
});

test("only format prints and only time converts", () => {
  const printing = files.filter((name) =>
    /toLocale(Time|Date)String|Date\.parse/.test(readFileSync(join(SOURCE, name), "utf-8")),
  );
  expect(
    printing.filter((name) => !["lib/format.ts", "lib/time.ts"].includes(name) && !name.endsWith(".test.ts")),
  ).toEqual([]);
});
