import { Button, Menu, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { FILTERS, type FilterName, type ListAddress, withParts } from "../../lib/address";
import { Icon } from "../../ui/icons";
import { statusWord } from "../../ui/Status";
import { useKeys } from "../../ui/useKeys";

const STATUSES = [
  "pending",
  "running",
  "llm_request",
  "llm_response",
  "success",
  "failed",
  "timeout",
  "skipped",
  "crashed",
] as const;
const HINTS: Partial<Record<FilterName, string>> = {
  attribute: "key=value",
  min_duration: "1.5s",
  max_duration: "20s",
  parent: "none, or an id",
};
const title = (name: string) => name.replace("_", " ");

/** The search field and one pill per filter; all of them live in the address. */
export function FilterBar({ address }: { readonly address: ListAddress }) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const [draft, setDraft] = useState<FilterName | null>(null);
  const set = (parts: Record<string, string | null>) => navigate(path + withParts(search, parts));
  const active = FILTERS.filter((name) => address.filters[name]);
  return (
    <search className="filters">
      <SearchField key={address.text} text={address.text} onText={(text) => set({ text: text || null })} />
      {active.map((name) => (
        <span key={name} className="pill">
          <span className="m">{title(name)}</span>
          <b>
            {name === "status"
              ? (address.filters.status ?? "").split(",").map(statusWord).join(", ")
              : address.filters[name]}
          </b>
          <button
            type="button"
            aria-label={`Drop the filter ${title(name)}`}
            onClick={() => set({ [name]: null })}
          >
            <Icon name="x" size={10} />
          </button>
        </span>
      ))}
      {draft && (
        <DraftPill
          name={draft}
          onDone={(value) => {
            setDraft(null);
            if (value) set({ [draft]: value });
          }}
        />
      )}
      <Menu position="bottom-start" withinPortal>
        <Menu.Target>
          <Button variant="subtle" color="gray" leftSection={<Icon name="plus" size={13} />}>
            Filter
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Status</Menu.Label>
          {STATUSES.map((status) => (
            <Menu.Item key={status} onClick={() => set({ status })}>
              {statusWord(status)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          {FILTERS.filter((name) => name !== "status").map((name) => (
            <Menu.Item key={name} onClick={() => setDraft(name)}>
              {title(name)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </search>
  );
}

function SearchField({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const later = useDebouncedCallback(onText, 350);
  const keys = useMemo(() => ({ "/": () => field.current?.focus() }), []);
  useKeys(keys);
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") onText(event.currentTarget.value);
    if (event.key === "Escape") event.currentTarget.blur();
  };
  return (
    <TextInput
      ref={field}
      w={270}
      aria-label="Search agents, errors, inputs and outputs"
      placeholder="Search inputs, outputs, errors"
      leftSection={<Icon name="search" size={13} />}
      rightSection={<kbd>/</kbd>}
      defaultValue={text}
      autoFocus={text !== "" && document.activeElement === document.body}
      onChange={(event) => later(event.currentTarget.value)}
      onKeyDown={onKeyDown}
    />
  );
}

function DraftPill({
  name,
  onDone,
}: {
  readonly name: FilterName;
  readonly onDone: (value: string) => void;
}) {
  return (
    <span className="pill draft">
      <span className="m">{title(name)}</span>
      <input
        // biome-ignore lint/a11y/noAutofocus: the reader just chose this filter and goes on to type
        autoFocus
        aria-label={`Value of the filter ${title(name)}`}
        placeholder={HINTS[name] ?? ""}
        onBlur={(event) => onDone(event.currentTarget.value.trim())}
        onKeyDown={(event) => {
          if (event.key === "Enter") onDone(event.currentTarget.value.trim());
          if (event.key === "Escape") onDone("");
        }}
      />
    </span>
  );
}
