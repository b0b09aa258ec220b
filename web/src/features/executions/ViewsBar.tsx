import { Button, Menu, Popover, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { exportPath } from "../../api/queries";
import { forgetView, keepView, savedViewsQuery } from "../../api/savedViews";
import type { ExecutionItem } from "../../api/views.gen";
import { readListAddress, withParts } from "../../lib/address";
import { csvOf, jsonOf } from "../../lib/listText";
import { reasonOf } from "../../lib/problem";
import { Icon } from "../../ui/icons";
import { saveFile } from "../../ui/saveFile";
import { COLUMNS, columnsOf, columnsText } from "./columns";

const PAGE = "executions";

/** An address without what is no view: a panel that is open. */
const viewOf = (search: string) => withParts(search, { different: null });

interface Props {
  readonly rows: readonly ExecutionItem[];
  readonly children?: ReactNode;
}

/** The kept views as tabs, and what can be done with the list: choose columns, take it along, keep it. */
export function ViewsBar({ rows, children }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const views = useQuery(savedViewsQuery(PAGE)).data ?? [];
  const here = viewOf(search);
  return (
    <div className="views-bar">
      <nav className="views" aria-label="Views">
        <button type="button" aria-current={here === "" ? "page" : undefined} onClick={() => navigate(path)}>
          All
        </button>
        {views.map((view) => (
          <button
            key={`${view.workspace} ${view.view_id}`}
            type="button"
            aria-current={here === view.search ? "page" : undefined}
            onClick={() => navigate(path + view.search)}
          >
            {view.title}
          </button>
        ))}
      </nav>
      <span className="sp" />
      {children}
      <ColumnsMenu />
      <ExportMenu rows={rows} />
      <KeepMenu search={here} />
    </div>
  );
}

function ColumnsMenu() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const shown = new Set(columnsOf(search).map(({ id }) => id));
  const toggle = (id: string) => {
    const next = new Set(shown);
    if (!next.delete(id)) next.add(id);
    navigate(path + withParts(search, { columns: columnsText(next) }), { replace: true });
  };
  return (
    <Menu closeOnItemClick={false} withinPortal position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="columns" size={13} />}>
          Columns
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {COLUMNS.map(({ id, title }) => (
          <Menu.Item
            key={id}
            aria-label={`${shown.has(id) ? "Hide" : "Show"} ${title}`}
            leftSection={<span className="tick">{shown.has(id) && <Icon name="check" size={12} />}</span>}
            onClick={() => toggle(id)}
          >
            {title}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => navigate(path + withParts(search, { columns: null }), { replace: true })}>
          The usual ones
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Takes rows along as a file. */
export function exportRows(rows: readonly ExecutionItem[], kind: "csv" | "json"): void {
  const plain = rows as unknown as readonly Readonly<Record<string, unknown>>[];
  if (kind === "csv") saveFile("executions.csv", "text/csv", csvOf(plain));
  else saveFile("executions.json", "application/json", jsonOf(plain));
}

const EXPORTS = [
  ["csv", "CSV"],
  ["json", "JSON"],
  ["parquet", "Parquet"],
] as const;

function ExportMenu({ rows }: { readonly rows: readonly ExecutionItem[] }) {
  const address = readListAddress(useSearch());
  return (
    <Menu withinPortal position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<Icon name="download" size={13} />}
          disabled={rows.length === 0}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>All that match, at most 50,000</Menu.Label>
        {EXPORTS.map(([format, name]) => (
          <Menu.Item key={format} component="a" href={exportPath(address, format)} download>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function KeepMenu({ search }: { readonly search: string }) {
  const queries = useQueryClient();
  const views = useQuery(savedViewsQuery(PAGE)).data ?? [];
  const [title, setTitle] = useState("");
  const [problem, setProblem] = useState("");
  const [isOpen, setOpen] = useState(false);
  const after = (deed: Promise<unknown>) =>
    deed.then(
      () => {
        setProblem("");
        setTitle("");
        setOpen(false);
        void queries.invalidateQueries({ queryKey: ["saved views"] });
      },
      (reason: Error) => setProblem(reasonOf(reason)),
    );
  const keep = () => {
    if (title.trim()) void after(keepView(PAGE, title.trim(), search));
  };
  return (
    <Popover withinPortal position="bottom-end" opened={isOpen} onChange={setOpen} trapFocus width={280}>
      <Popover.Target>
        <Button variant="default" onClick={() => setOpen(!isOpen)}>
          Save view
        </Button>
      </Popover.Target>
      <Popover.Dropdown className="keep">
        <form
          className="keep-view"
          onSubmit={(event) => {
            event.preventDefault();
            keep();
          }}
        >
          <TextInput
            aria-label="Name of the view"
            placeholder="Failed today"
            value={title}
            maxLength={80}
            onChange={(event) => setTitle(event.currentTarget.value)}
            data-autofocus
          />
          <Button type="submit" variant="default" disabled={!title.trim()}>
            Keep
          </Button>
        </form>
        {problem && <p className="bad t12 keep-problem">{problem}</p>}
        {views.length > 0 && <div className="t12 s keep-problem">Forget a view:</div>}
        {views.map((view) => (
          <Button
            key={`${view.workspace} ${view.view_id}`}
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<Icon name="x" size={10} />}
            aria-label={`Forget ${view.title}`}
            onClick={() => void after(forgetView(view))}
          >
            {view.title}
          </Button>
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}
