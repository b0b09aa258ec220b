import { useQuery } from "@tanstack/react-query";
import { questionQuery } from "../../api/questions";
import type { InputKey, InputPattern, InputPatterns } from "../../api/views.gen";
import { count, counted, duration, NONE, percent } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { type Column, DataTable } from "../../ui/DataTable";
import { Icon } from "../../ui/icons";
import type { TabProps } from "./AgentTabs";

const PATTERNS: readonly Column<InputPattern>[] = [
  {
    key: "sentence",
    title: "What goes with it",
    className: () => "wrap",
    cell: ({ sentence, effect }) => (
      <>
        <span className="chip warn">
          <Icon name={effect === "failing" ? "warn" : "clock"} size={11} /> {effect}
        </span>{" "}
        {sentence}
      </>
    ),
  },
  {
    key: "runs",
    title: "Executions",
    isNumber: true,
    by: ({ executions }) => executions,
    cell: ({ executions }) => count(executions),
  },
  { key: "with", title: "With it", isNumber: true, cell: ({ with_it, effect }) => figure(effect, with_it) },
  {
    key: "without",
    title: "Without",
    isNumber: true,
    cell: ({ without_it, effect }) => figure(effect, without_it),
  },
  {
    key: "ratio",
    title: "Ratio",
    isNumber: true,
    by: ({ ratio }) => ratio,
    cell: ({ ratio }) => ratio.toFixed(2),
  },
];

const figure = (effect: string, value: number) => (effect === "failing" ? percent(value) : duration(value));

const KEYS: readonly Column<InputKey>[] = [
  { key: "key", title: "Key", by: ({ key }) => key, cell: ({ key }) => <code>{key}</code> },
  {
    key: "has",
    title: "Executions",
    isNumber: true,
    by: ({ executions }) => executions,
    cell: ({ executions }) => count(executions),
  },
  {
    key: "share",
    title: "Have it",
    isNumber: true,
    by: ({ share }) => share,
    cell: ({ share }) => percent(share),
  },
  {
    key: "success",
    title: "Success",
    isNumber: true,
    by: ({ success_rate }) => success_rate,
    cell: ({ success_rate }) => (success_rate === null ? NONE : percent(success_rate)),
  },
];

/** Which inputs and attributes go with slow or failed executions. */
export function InputsTab({ asks }: TabProps) {
  const query = useQuery(questionQuery<InputPatterns>("input-patterns", asks.wishes, asks.address));
  return (
    <Asked query={query} what="The inputs" heights={[240]}>
      {(found) => (
        <>
          <p className="m pad">
            {found.with_input === 0
              ? "No input of these executions is stored."
              : `Looked at ${counted(found.with_input, "execution")} with a stored input, of ${count(found.executions)}. `}
            {found.with_input > 0 &&
              found.patterns.length === 0 &&
              "No key or value goes with slow or failed executions more than chance would make it."}
          </p>
          {found.patterns.length > 0 && (
            <DataTable
              label="Patterns of inputs"
              columns={PATTERNS}
              rows={found.patterns}
              rowKey={({ sentence }) => sentence}
            />
          )}
          {found.keys.length > 0 && (
            <DataTable label="Keys of inputs" columns={KEYS} rows={found.keys} rowKey={({ key }) => key} />
          )}
        </>
      )}
    </Asked>
  );
}
