import { SegmentedControl } from "@mantine/core";
import { useLocation, useSearch } from "wouter";
import { RANGES, readListAddress, withParts } from "../lib/address";

const LABELS: Readonly<Record<string, string>> = {
  "1h": "1 h",
  "24h": "24 h",
  "7d": "7 d",
  "30d": "30 d",
  "60d": "60 d",
  all: "All",
};

interface Props {
  readonly ranges?: readonly string[];
  /** What an address without a time range means. */
  readonly usual?: string;
}

/** The time range of a page; it lies in the address and goes along from page to page. */
export function TimeRange({ ranges = RANGES, usual = "all" }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const { range, from, to } = readListAddress(search);
  return (
    <SegmentedControl
      aria-label="Time range"
      value={from || to ? "" : range === "all" ? usual : range}
      data={ranges.map((value) => ({ value, label: LABELS[value] ?? value }))}
      onChange={(value) => {
        navigate(path + withParts(search, { range: value === usual ? null : value, from: null, to: null }));
      }}
    />
  );
}
