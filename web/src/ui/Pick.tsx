import { Select } from "@mantine/core";
import { useLocation, useSearch } from "wouter";
import { withParts } from "../lib/address";

interface Props {
  /** The part of the address that it sets. */
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
  /** What is shown while nothing is chosen: "All agents". */
  readonly none: string;
  readonly width?: number;
}

/** One choice out of many, which one may type to find; it lies in the address. */
export function Pick({ name, label, options, none, width = 160 }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const value = new URLSearchParams(search).get(name);
  const known = value && !options.includes(value) ? [value, ...options] : options;
  return (
    <Select
      aria-label={label}
      placeholder={none}
      data={[...known]}
      value={value}
      onChange={(chosen) => navigate(path + withParts(search, { [name]: chosen }))}
      searchable
      clearable
      w={width}
      maxDropdownHeight={320}
      nothingFoundMessage="Nothing of that name"
      comboboxProps={{ withinPortal: true }}
    />
  );
}
