import { Button, Menu } from "@mantine/core";
import { useMemo } from "react";
import { useLocation } from "wouter";
import type { ExecutionItem } from "../../api/views.gen";
import { count } from "../../lib/format";
import { Icon } from "../../ui/icons";
import { useKeys } from "../../ui/useKeys";
import { exportRows } from "./ViewsBar";

interface Props {
  readonly rows: readonly ExecutionItem[];
  readonly selected: ReadonlySet<string>;
  readonly onClear: () => void;
  readonly onAsk: () => void;
}

/** What can be done with the selected rows; two of them can be compared. */
export function Bulk({ rows, selected, onClear, onAsk }: Props) {
  const [, navigate] = useLocation();
  const ids = useMemo(() => [...selected], [selected]);
  const keys = useMemo((): Record<string, () => void> => {
    const [a, b] = ids;
    if (!a) return {};
    const compare = a && b && ids.length === 2 ? () => navigate(compareAddress(a, b)) : undefined;
    return { Escape: onClear, ...(compare ? { c: compare } : {}) };
  }, [ids, navigate, onClear]);
  useKeys(keys);
  const [a, b] = ids;
  if (!a) return null;
  const picked = rows.filter(({ execution_id }) => selected.has(execution_id));
  return (
    <section className="bulk" aria-label="Selected executions">
      <b className="nw" aria-live="polite">
        {count(ids.length)} selected
      </b>
      <Button
        size="compact-md"
        color="dark"
        disabled={!b || ids.length !== 2}
        title={ids.length === 2 ? undefined : "Select two to compare them"}
        leftSection={<Icon name="columns" size={13} />}
        rightSection={<kbd>C</kbd>}
        onClick={() => b && navigate(compareAddress(a, b))}
      >
        Compare
      </Button>
      <Button size="compact-md" variant="default" onClick={onAsk}>
        What is different?
      </Button>
      <Menu withinPortal position="top">
        <Menu.Target>
          <Button size="compact-md" variant="default" leftSection={<Icon name="download" size={13} />}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => exportRows(picked, "csv")}>CSV</Menu.Item>
          <Menu.Item onClick={() => exportRows(picked, "json")}>JSON</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button size="compact-md" variant="subtle" color="gray" onClick={onClear}>
        Clear
      </Button>
    </section>
  );
}

function compareAddress(a: string, b: string): string {
  return `/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`;
}
