// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useSearch } from "wouter";
import type { ExecutionItem } from "../../api/views.gen";
import { readListAddress } from "../../lib/address";
import { columnsOf, columnsText } from "./columns";
import { ExecutionsTable } from "./ExecutionsTable";

const row = (number: number) =>
  ({
    execution_id: `e${number}`,
    agent: `agent-${number}`,
    kind: "agent",
    status: "success",
    started_at: "2026-11-21T10:00:00Z",
    duration_ns: 1_000_000_000 * number,
    steps_total: 3,
    steps_completed: 3,
    model_calls: 1,
    input_tokens: 100,
    output_tokens: number,
    cost_usd: null,
  }) as ExecutionItem;
const ROWS = [1, 2, 3, 4, 5].map(row);
const onMore = vi.fn();

function Harness() {
  const search = useSearch();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  return (
    <ExecutionsTable
      rows={ROWS}
      columns={columnsOf(search)}
      usual={{}}
      address={readListAddress(search)}
      isStale={false}
      hasMore
      isLoadingMore={false}
      onMore={onMore}
      selected={selected}
      onSelected={setSelected}
    />
  );
}

const show = (address: string) => {
  window.history.replaceState(null, "", address);
  render(
    <MantineProvider>
      <Harness />
    </MantineProvider>,
  );
};
const heads = () => screen.getAllByRole("columnheader").map((head) => head.textContent);
const press = (key: string) => fireEvent.keyDown(document.body, { key });
const picked = () =>
  screen
    .getAllByRole<HTMLInputElement>("checkbox", { name: /^Select agent/ })
    .filter(({ checked }) => checked);

beforeEach(() => {
  onMore.mockClear();
  for (const side of ["clientHeight", "clientWidth"])
    Object.defineProperty(HTMLElement.prototype, side, { value: 600, configurable: true });
});
afterEach(() => {
  cleanup();
});

test("status, agent, time, tokens and cost are there while nobody has chosen columns", () => {
  show("/executions");
  expect(heads()).toEqual(expect.arrayContaining(["Status", "Agent", "Time", "Tokens", "Cost"]));
  expect(heads()).not.toContain("Model");
});

test("an address chooses columns, in the table's own order", () => {
  show(`/executions?columns=${columnsText(new Set(["model", "agent"]))}`);
  expect(heads().filter(Boolean)).toEqual(["Agent", "Model"]);
});

test("a click on a column's name sorts downwards, a second one upwards, in the address and for readers", () => {
  show("/executions?agent=triage");
  fireEvent.click(screen.getByRole("button", { name: "Tokens" }));
  expect(window.location.search).toBe("?agent=triage&sort=tokens");
  expect(screen.getByRole("columnheader", { name: "Tokens" }).getAttribute("aria-sort")).toBe("descending");
  fireEvent.click(screen.getByRole("button", { name: "Tokens" }));
  expect(window.location.search).toBe("?agent=triage&sort=tokens&order=asc");
  expect(screen.getByRole("columnheader", { name: "Tokens" }).getAttribute("aria-sort")).toBe("ascending");
});

test("j, k and Enter walk and open, with the time range kept", () => {
  show("/executions?range=7d&agent=triage");
  press("j");
  press("j");
  press("k");
  press("Enter");
  expect(window.location.pathname + window.location.search).toBe("/executions/e2?range=7d");
});

test("x picks the row under the mark, the head's box all of them", () => {
  show("/executions");
  press("j");
  press("x");
  expect(picked().map((box) => box.getAttribute("aria-label"))).toEqual(["Select agent-2, success"]);
  fireEvent.click(screen.getByRole("checkbox", { name: "Select all that are loaded" }));
  expect(picked()).toHaveLength(5);
  press("x");
  expect(picked()).toHaveLength(4);
});

test("near the end of what is loaded more is asked for", () => {
  show("/executions");
  press("j");
  expect(onMore).toHaveBeenCalled();
});
