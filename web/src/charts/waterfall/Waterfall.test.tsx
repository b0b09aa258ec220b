// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ExecutionTree } from "../../api/views.gen";
import { straight } from "../../lib/gaps";
import type { View } from "../../lib/layout";
import { buildTree, foldedAtFirst, visiblePositions } from "../../lib/tree";
import { Waterfall } from "./Waterfall";

// Canvases draw nothing here: what is tested is the layer of rows that keyboard and screen readers use.
vi.mock("./draw", () => ({ draw: () => undefined }));
vi.mock("./tiles", () => ({ makeTiles: () => ({}) }));

const step = (step_id: string, parent_step_id: string, offset_ns: number, duration_ns: number, name = step_id) => ({
  step_id, execution_id: "e", parent_step_id, name, category: "tool", status: "success", offset_ns, duration_ns,
}); // biome-ignore format: a table

const SOURCE = {
  execution: { execution_id: "e", agent: "triage" },
  started_at: "2026-11-21T00:00:00Z",
  duration_ns: 100_000_000,
  critical_path: [],
  executions: [
    { execution_id: "e", span_id: "top", agent: "triage", kind: "agent", status: "success", offset_ns: 0, duration_ns: 1e8 },
  ], // biome-ignore format: a table
  steps: [
    step("plan", "top", 0, 1e7),
    step("search", "top", 1e7, 6e7),
    step("first", "search", 1e7, 1e7, "fetch"),
    step("second", "search", 2e7, 1e7, "fetch"),
    step("third", "search", 3e7, 1e7, "fetch"),
    step("write", "top", 8e7, 2e7),
  ],
  events: [],
  decisions: [],
} as unknown as ExecutionTree;
const TREE = buildTree(SOURCE, true);
const WHOLE: View = { from: 0, to: 100_000_000 };

function Harness() {
  const [folded, setFolded] = useState<ReadonlySet<string>>(foldedAtFirst(TREE));
  const [selected, setSelected] = useState(0);
  const toggle = (position: number) =>
    setFolded(folded.symmetricDifference(new Set([TREE.nodes[position]?.id ?? ""])));
  return (
    <Waterfall
      tree={TREE}
      rows={visiblePositions(TREE, folded)}
      folded={folded}
      selected={selected}
      hits={new Set()}
      path={[]}
      pathPositions={new Int32Array()}
      bands={[]}
      whole={WHOLE}
      view={WHOLE}
      warp={straight(WHOLE.to)}
      ranks={null}
      now={null}
      maxHeight={600}
      onView={() => undefined}
      onSelect={setSelected}
      onFold={toggle}
    />
  );
}

const rows = () => screen.getAllByRole("treeitem").map((row) => row.textContent?.split(",")[0]);
const chosen = () => {
  const id = screen.getByRole("tree").getAttribute("aria-activedescendant") ?? "";
  return document.getElementById(id)?.textContent?.split(",")[0];
};
const press = (...keys: string[]) => {
  for (const key of keys) fireEvent.keyDown(screen.getByRole("tree"), { key });
};

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("requestAnimationFrame", () => 0);
  Object.defineProperty(document, "fonts", { value: { ready: Promise.resolve() }, configurable: true });
  HTMLCanvasElement.prototype.getContext = () => null;
  render(
    <MantineProvider>
      <Harness />
    </MantineProvider>,
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("every row says its name, kind, outcome, length and start; repeats are one row", () => {
  expect(rows()).toEqual(["triage", "plan", "search", "fetch 3 times", "write"]);
  expect(screen.getAllByRole("treeitem")[4]?.textContent).toMatch(
    /^write, tool, success, 20\sms, after 80\sms$/,
  );
});

test("arrows go from row to row and stop at both ends", () => {
  press("ArrowDown", "ArrowDown");
  expect(chosen()).toBe("search");
  press("ArrowUp", "ArrowUp", "ArrowUp");
  expect(chosen()).toBe("triage");
  press("End");
  expect(chosen()).toBe("write");
  press("ArrowDown");
  expect(chosen()).toBe("write");
  press("Home");
  expect(chosen()).toBe("triage");
});

test("the right arrow opens what is folded, then goes inside; the left one folds, then goes out", () => {
  press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight");
  expect(rows()).toEqual(["triage", "plan", "search", "fetch 3 times", "fetch", "fetch", "fetch", "write"]);
  press("ArrowRight");
  expect(chosen()).toBe("fetch");
  press("ArrowLeft");
  expect(chosen()).toBe("fetch 3 times");
  press("ArrowLeft");
  expect(rows()).toHaveLength(5);
  press("ArrowLeft", "ArrowLeft");
  expect(rows()).toEqual(["triage", "plan", "search", "write"]);
});

test("a folded row says so, and how deep it is", () => {
  const row = screen.getAllByRole("treeitem")[3];
  expect(row?.getAttribute("aria-expanded")).toBe("false");
  expect(row?.getAttribute("aria-level")).toBe("3");
  press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight");
  expect(screen.getAllByRole("treeitem")[3]?.getAttribute("aria-expanded")).toBe("true");
});

test("a click on a row chooses it; one on its triangle folds it", () => {
  const tree = screen.getByRole("tree");
  const click = (clientX: number, row: number) => {
    const at = { clientX, clientY: AXIS_PX + row * ROW_PX + 5, button: 0 };
    fireEvent.pointerDown(tree, at);
    fireEvent.pointerUp(tree, at);
  };
  click(120, 2);
  expect(chosen()).toBe("search");
  click(14 + 14 + 4, 2);
  expect(rows()).toEqual(["triage", "plan", "search", "write"]);
});

const AXIS_PX = 26;
const ROW_PX = 20;
