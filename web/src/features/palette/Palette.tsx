import { Modal, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { foundQuery } from "../../api/palette";
import { onlyRange, withParts } from "../../lib/address";
import { clockTime, shortId } from "../../lib/format";
import { type Choice, fitting } from "../../lib/palette";
import { Icon } from "../../ui/icons";
import { PAGE_GROUPS } from "../../ui/pages";
import "./palette.css";

const PAGES = PAGE_GROUPS.flatMap(({ pages }) => pages);
const MOST = 12;

interface Props {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Goes to a page, an agent or an execution by typing a part of its name. */
export default function Palette({ isOpen, onClose }: Props) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={560}
      yOffset="12vh"
      lockScroll={false}
      title="Search or jump to"
      classNames={{ header: "hidden" }}
    >
      <Choices onClose={onClose} />
    </Modal>
  );
}

function Choices({ onClose }: Pick<Props, "onClose">) {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const [, navigate] = useLocation();
  const range = onlyRange(useSearch());
  const choices = useChoices(typed, range);
  const at = Math.min(chosen, choices.length - 1);
  const go = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    navigate(choice.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) setChosen((at + by + choices.length) % Math.max(1, choices.length));
    else if (event.key === "Enter") go(choices[at]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="palette">
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette"
        aria-activedescendant={choices[at] ? `palette-${at}` : undefined}
        aria-label="Search or jump to"
        placeholder="A page, an agent, an execution, or words of what it said"
        leftSection={<Icon name="search" size={15} />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div role="listbox" id="palette" aria-label="What fits">
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and the keys
          <div
            key={choice.to + choice.kind}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onClick={() => go(choice)}
            onPointerMove={() => setChosen(index)}
          >
            <span className="cut">{choice.title}</span>
            {choice.note && <span className="s t12 cut">{choice.note}</span>}
            <span className="sp" />
            <span className="s t12">{choice.kind}</span>
          </div>
        ))}
        {choices.length === 0 && <p className="m t12">Nothing of that name.</p>}
      </div>
    </div>
  );
}

function useChoices(typed: string, range: string): readonly Choice[] {
  const [asked] = useDebouncedValue(typed.trim(), 200);
  const { data } = useQuery({ ...foundQuery(asked), placeholderData: keepPreviousData });
  const pages = PAGES.map(({ to, name }) => ({ title: name, to: to + range, kind: "page" }));
  const agents = (data?.agents ?? []).map((agent) => ({
    title: agent,
    to: `/agents/${encodeURIComponent(agent)}${range}`,
    kind: "agent",
  }));
  const words = typed.trim();
  const executions = (words ? (data?.executions ?? []) : []).map((item) => ({
    title: item.agent,
    note: `${shortId(item.execution_id)}, ${clockTime(item.started_at, Date.now())}`,
    to: `/executions/${encodeURIComponent(item.execution_id)}`,
    kind: item.status,
  }));
  const search = {
    title: `Executions with “${words}”`,
    to: `/executions${withParts(range, { text: words })}`,
    kind: "search",
  };
  return [
    ...fitting([...pages, ...agents], typed, words ? MOST / 2 : MOST + 4),
    ...executions,
    ...(words ? [search] : []),
  ];
}
