import { Autocomplete } from "@mantine/core";
import { useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { withParts } from "../lib/address";

interface Props {
  /** The part of the address that it sets, on Enter or when one is chosen. */
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
  readonly none: string;
  readonly width?: number;
  /** Told with every letter, to look for more options. */
  readonly onType?: (text: string) => void;
}

/** A name that one types, with those that are known to choose from; another one is taken as well. */
export function TypeIn({ name, label, options, none, width = 190, onType }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const told = new URLSearchParams(search).get(name) ?? "";
  const [text, setText] = useState(told);
  useEffect(() => setText(told), [told]);
  const take = (value: string) => {
    if (value.trim() !== told) navigate(path + withParts(search, { [name]: value.trim() }));
  };
  return (
    <Autocomplete
      aria-label={label}
      placeholder={none}
      data={[...new Set(options)]}
      value={text}
      onChange={(value) => {
        setText(value);
        onType?.(value);
        if (value === "") take(value);
      }}
      onOptionSubmit={take}
      onBlur={() => take(text)}
      onKeyDown={(event) => {
        if (event.key === "Enter") take(text);
      }}
      w={width}
      limit={50}
      maxDropdownHeight={320}
      clearable
      comboboxProps={{ withinPortal: true }}
    />
  );
}
