import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { executionChoicesQuery } from "../../api/choices";
import { executionQuery } from "../../api/queries";
import type { ExecutionItem } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { clockTime, duration, shortId } from "../../lib/format";

interface Props {
  /** The part of the address that it sets. */
  readonly name: string;
  readonly label: string;
  /** Only executions of this agent, if one is chosen. */
  readonly agent: string | undefined;
}

function labelOf(item: ExecutionItem, now: number): string {
  const took = item.duration_ns === null ? item.status : duration(item.duration_ns);
  return `${item.agent}, ${took}, ${clockTime(item.started_at, now)}${item.session_id ? `, ${item.session_id}` : ""}`;
}

/** One execution out of the newest, or of those in which the typed text is found. */
export function ExecutionPick({ name, label, agent }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const [text, setText] = useState("");
  const value = new URLSearchParams(search).get(name);
  const now = Date.now();
  const items = useQuery(executionChoicesQuery(agent, "")).data?.items ?? [];
  // What is typed is looked for in agents, errors and messages; what stands in the box after a choice is not.
  const isLabel = items.some((item) => labelOf(item, now) === text);
  const found =
    useQuery({ ...executionChoicesQuery(agent, text), enabled: text !== "" && !isLabel }).data?.items ?? [];
  const all = new Map([...items, ...found].map((item) => [item.execution_id, labelOf(item, now)]));
  const isFar = value !== null && !all.has(value);
  const chosen = useQuery({ ...executionQuery(value ?? ""), enabled: isFar }).data?.execution;
  if (isFar) all.set(value, chosen ? labelOf(chosen, now) : shortId(value));
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={[...all].map(([id, shown]) => ({ value: id, label: shown }))}
      value={value}
      onChange={(id) => navigate(path + withParts(search, { [name]: id }))}
      onSearchChange={setText}
      filter={({ options }) => options}
      searchable
      clearable
      w={360}
      maxDropdownHeight={320}
      nothingFoundMessage="No execution has this text"
      comboboxProps={{ withinPortal: true }}
    />
  );
}
