// The pages by name, in the order of the navigation; the palette lists them too.

import type { IconName } from "./icons";

export interface NamedPage {
  readonly to: string;
  readonly name: string;
  readonly icon: IconName;
}

export const PAGE_GROUPS: readonly { readonly title: string; readonly pages: readonly NamedPage[] }[] = [
  {
    title: "",
    pages: [
      { to: "/", name: "Overview", icon: "overview" },
      { to: "/executions", name: "Executions", icon: "list" },
      { to: "/sessions", name: "Sessions", icon: "chat" },
      { to: "/agents", name: "Agents", icon: "agent" },
    ],
  },
  {
    title: "Explain",
    pages: [
      { to: "/bottlenecks", name: "Bottlenecks", icon: "funnel" },
      { to: "/failures", name: "Failures", icon: "warn" },
      { to: "/why-not", name: "Why not?", icon: "question" },
      { to: "/compare", name: "Compare", icon: "columns" },
    ],
  },
  {
    title: "Guard",
    pages: [
      { to: "/regressions", name: "Regressions", icon: "trend" },
      { to: "/cost", name: "Cost and budgets", icon: "money" },
      { to: "/capacity", name: "Capacity", icon: "gauge" },
      { to: "/alerts", name: "Alerts", icon: "bell" },
    ],
  },
  {
    title: "Data",
    pages: [
      { to: "/audit", name: "Audit", icon: "file" },
      { to: "/health", name: "Ingest health", icon: "inbox" },
      { to: "/sql", name: "SQL", icon: "database" },
      { to: "/settings", name: "Settings", icon: "gear" },
    ],
  },
];
