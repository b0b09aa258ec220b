import { SegmentedControl } from "@mantine/core";
import { useLocation, useSearch } from "wouter";
import { RANGES, readListAddress, withParts } from "../lib/address";

const LABELS: Readonly<Record<string, string>> = {
  "1h": "1 h",
  "24h": "24 h",
  "7d": "7 d",
  "30d": "30 d",
  all: "All",
};

/** The time range of overview and list; it lies in the address and goes along from page to page. */
export function TimeRange() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const { range, from, to } = readListAddress(search);
  return (
    <SegmentedControl
      aria-label="Time range"
      value={from || to ? "" : range}
      data={RANGES.map((value) => ({ value, label: LABELS[value] ?? value }))}
      onChange={(value) => {
        navigate(path + withParts(search, { range: value === "all" ? null : value, from: null, to: null }));
      }}
    />
  );
}
