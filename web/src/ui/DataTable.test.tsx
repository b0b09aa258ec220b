// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Column, DataTable } from "./DataTable";

interface Row {
  readonly agent: string;
  readonly runs: number | null;
}

const ROWS: readonly Row[] = [
  { agent: "billing", runs: 7 },
  { agent: "triage", runs: null },
  { agent: "archive", runs: 40 },
];
const COLUMNS: readonly Column<Row>[] = [
  { key: "agent", title: "Agent", cell: ({ agent }) => agent, by: ({ agent }) => agent },
  {
    key: "runs",
    title: "Runs",
    cell: ({ runs }) => runs ?? "unknown",
    by: ({ runs }) => runs,
    isNumber: true,
  },
  { key: "note", title: "Note", cell: () => "–" },
];

const table = (name?: string) => (
  <DataTable
    label="Agents"
    columns={COLUMNS}
    rows={ROWS}
    rowKey={({ agent }) => agent}
    href={({ agent }) => `/agents/${agent}`}
    hasKeys
    {...(name ? { name } : {})}
  />
);

const shown = () =>
  screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => within(row).getAllByRole("cell")[0]?.textContent);
const press = (key: string) => fireEvent.keyDown(document.body, { key });

beforeEach(() => {
  window.history.replaceState(null, "", "/agents?range=7d");
  Element.prototype.scrollIntoView = () => {};
});
afterEach(cleanup);

test("numbers come downwards first, then upwards, then as they came, unknown ones always last", () => {
  render(table());
  expect(shown()).toEqual(["billing", "triage", "archive"]);
  fireEvent.click(screen.getByRole("button", { name: "Runs" }));
  expect(shown()).toEqual(["archive", "billing", "triage"]);
  expect(screen.getByRole("columnheader", { name: "Runs" }).getAttribute("aria-sort")).toBe("descending");
  fireEvent.click(screen.getByRole("button", { name: "Runs" }));
  expect(shown()).toEqual(["billing", "archive", "triage"]);
  fireEvent.click(screen.getByRole("button", { name: "Runs" }));
  expect(shown()).toEqual(["billing", "triage", "archive"]);
});

test("the order is in the address, beside what was there, under the table's own name", () => {
  render(table("order"));
  fireEvent.click(screen.getByRole("button", { name: "Agent" }));
  expect(window.location.search).toBe("?range=7d&order=agent");
  expect(shown()).toEqual(["archive", "billing", "triage"]);
});

test("a link with an order in it shows that order", () => {
  window.history.replaceState(null, "", "/agents?sort=-agent");
  render(table());
  expect(shown()).toEqual(["triage", "billing", "archive"]);
});

test("j and k choose a row and stay inside the table; Enter opens the chosen one", () => {
  render(table());
  const chosen = () => screen.getAllByRole("row").findIndex((row) => row.getAttribute("aria-current")) - 1;
  press("Enter");
  expect(window.location.pathname).toBe("/agents");
  for (const _ of ROWS) press("j");
  press("j");
  expect(chosen()).toBe(2);
  press("k");
  expect(chosen()).toBe(1);
  press("Enter");
  expect(window.location.pathname).toBe("/agents/triage");
});

test("Enter opens the row that stands there now, whatever the order", () => {
  render(table());
  fireEvent.click(screen.getByRole("button", { name: "Agent" }));
  press("j");
  press("Enter");
  expect(window.location.pathname).toBe("/agents/archive");
});

test("a column without a value to sort by is no button", () => {
  render(table());
  expect(screen.queryByRole("button", { name: "Note" })).toBeNull();
});
