import { Tabs } from "@mantine/core";
import type { ComponentType } from "react";
import { useLocation, useSearch } from "wouter";
import type { AgentVersion } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import type { Asks } from "./AgentPage";
import { FailuresTab } from "./FailuresTab";
import { HoursTab } from "./HoursTab";
import { InputsTab } from "./InputsTab";
import { NotFiredTab } from "./NotFiredTab";
import { PathsTab } from "./PathsTab";
import { StepsTab } from "./StepsTab";
import { VersionsTab } from "./VersionsTab";

export interface TabProps {
  readonly asks: Asks;
  readonly versions: readonly AgentVersion[];
}

const TABS: readonly (readonly [string, string, ComponentType<TabProps>])[] = [
  ["steps", "Steps", StepsTab],
  ["paths", "Paths", PathsTab],
  ["hours", "Hours and days", HoursTab],
  ["versions", "Versions", VersionsTab],
  ["failures", "Failures", FailuresTab],
  ["not-fired", "Did not fire", NotFiredTab],
  ["inputs", "Inputs", InputsTab],
];

/** The rest of what is known, one subject at a time; which one is in the address. */
export function AgentTabs(props: TabProps) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const wished = new URLSearchParams(search).get("tab");
  const [tab, name, Shown] = TABS.find(([value]) => value === wished) ?? (TABS[0] as (typeof TABS)[number]);
  // A sort belongs to the table that it was chosen in.
  const choose = (value: string | null) =>
    navigate(path + withParts(search, { tab: value === "steps" ? null : value, sort: null }), {
      replace: true,
    });
  return (
    <section className="card" aria-label={name}>
      <Tabs value={tab} onChange={choose}>
        <Tabs.List px={6}>
          {TABS.map(([value, title]) => (
            <Tabs.Tab key={value} value={value}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <Shown {...props} />
    </section>
  );
}
