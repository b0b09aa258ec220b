import { SegmentedControl } from "@mantine/core";
import { useLocation, useSearch } from "wouter";
import { withParts } from "../../lib/address";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { OneAndOthers } from "./OneAndOthers";
import { TwoExecutions } from "./TwoExecutions";
import { TwoSets } from "./TwoSets";
import "./compare.css";

const MODES = [
  { value: "two", label: "Two executions" },
  { value: "sets", label: "Two sets" },
  { value: "others", label: "One and all others" },
];

/** What is asked for by the parts of the address that are there. */
function modeOf(given: URLSearchParams): string {
  const wished = given.get("mode");
  if (wished && MODES.some(({ value }) => value === wished)) return wished;
  const isOfSets = ["with_version", "with_environment", "with_from", "with_to", "at"].some((name) =>
    given.has(name),
  );
  return isOfSets ? "sets" : "two";
}

/** Two executions step by step, two sets of them, or one against all others of its agent. */
export default function ComparePage() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const mode = modeOf(new URLSearchParams(search));
  return (
    <Page crumb={<b>Compare</b>}>
      <title>Compare · Longpole</title>
      <PageHead title="Compare">
        <SegmentedControl
          aria-label="What is compared"
          value={mode}
          data={MODES}
          onChange={(value) => navigate(path + withParts(search, { mode: value }), { replace: true })}
        />
      </PageHead>
      {mode === "sets" ? <TwoSets /> : mode === "others" ? <OneAndOthers /> : <TwoExecutions />}
    </Page>
  );
}
