import { useHotkeys } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";
import { Link, Route, Switch } from "wouter";
import { alertCountQuery } from "./api/alerts";
import { loadExample, logOut, sessionQuery } from "./api/session";
import { PatternSheet } from "./charts/Patterns";
import { lastPart } from "./lib/address";
import { Badges } from "./ui/badges";
import { LoadExample } from "./ui/example";
import { KeyHelp } from "./ui/KeyHelp";
import { LoginOf } from "./ui/login";
import { Page } from "./ui/Page";
import { OpenPalette } from "./ui/palette";
import { Shell } from "./ui/Shell";
import { Empty, Waiting } from "./ui/States";

const OverviewPage = lazy(() => import("./features/overview/OverviewPage"));
const ExecutionsPage = lazy(() => import("./features/executions/ExecutionsPage"));
const AlertsPage = lazy(() => import("./features/alerts/AlertsPage"));
const AuditPage = lazy(() => import("./features/audit/AuditPage"));
const FailuresPage = lazy(() => import("./features/failures/FailuresPage"));
const BottlenecksPage = lazy(() => import("./features/bottlenecks/BottlenecksPage"));
const RegressionsPage = lazy(() => import("./features/regressions/RegressionsPage"));
const CostPage = lazy(() => import("./features/cost/CostPage"));
const CapacityPage = lazy(() => import("./features/capacity/CapacityPage"));
const SqlPage = lazy(() => import("./features/sql/SqlPage"));
const SettingsPage = lazy(() => import("./features/settings/SettingsPage"));
const HealthPage = lazy(() => import("./features/health/HealthPage"));
const Palette = lazy(() => import("./features/palette/Palette"));
const SessionsPage = lazy(() => import("./features/sessions/SessionsPage"));
const SessionPage = lazy(() => import("./features/session/SessionPage"));
const AgentsPage = lazy(() => import("./features/agents/AgentsPage"));
const AgentPage = lazy(() => import("./features/agent/AgentPage"));
const WhyNotPage = lazy(() => import("./features/whynot/WhyNotPage"));
const ComparePage = lazy(() => import("./features/compare/ComparePage"));
const ExecutionPage = lazy(() => import("./features/execution/ExecutionPage"));

/** Every address and its page; each page is loaded when it is first opened. */
export function App() {
  return (
    <Around>
      <Shell>
        <Suspense fallback={<Waiting heights={[28, 76, 280, 240]} />}>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/executions" component={ExecutionsPage} />
            <Route path="/executions/:id">{({ id }) => <ExecutionPage key={id} id={id} />}</Route>
            <Route path="/alerts" component={AlertsPage} />
            <Route path="/audit" component={AuditPage} />
            <Route path="/failures" component={FailuresPage} />
            <Route path="/bottlenecks" component={BottlenecksPage} />
            <Route path="/regressions" component={RegressionsPage} />
            <Route path="/cost" component={CostPage} />
            <Route path="/capacity" component={CapacityPage} />
            <Route path="/sql" component={SqlPage} />
            <Route path="/settings" component={SettingsPage} />
            <Route path="/health" component={HealthPage} />
            <Route path="/sessions" component={SessionsPage} />
            <Route path="/sessions/:id">
              {() => <Named page={(id) => <SessionPage key={id} id={id} />} />}
            </Route>
            <Route path="/agents" component={AgentsPage} />
            <Route path="/agents/:name">
              {() => <Named page={(name) => <AgentPage key={name} agent={name} />} />}
            </Route>
            <Route path="/why-not" component={WhyNotPage} />
            <Route path="/compare" component={ComparePage} />
            <Route>
              <Page crumb={<b>Not found</b>}>
                <Empty title="There is no page at this address.">
                  <Link href="/executions">All executions</Link>
                </Empty>
              </Page>
            </Route>
          </Switch>
        </Suspense>
      </Shell>
    </Around>
  );
}

/** What all pages have around them: what the navigation tells, the keys, the palette. */
function Around({ children }: { readonly children: ReactNode }) {
  const { data: firing = 0 } = useQuery(alertCountQuery());
  const { data: session } = useQuery(sessionQuery());
  const login = session?.is_login ? { who: session.title ?? "", logOut } : null;
  const [isOpen, setOpen] = useState(false);
  const open = useCallback(() => setOpen(true), []);
  useHotkeys([["mod+K", open]], []);
  return (
    <Badges value={{ "/alerts": firing }}>
      <LoginOf value={login}>
        <LoadExample value={loadExample}>
          <OpenPalette value={open}>
            <PatternSheet />
            <KeyHelp />
            {children}
            {isOpen && (
              <Suspense fallback={null}>
                <Palette isOpen onClose={() => setOpen(false)} />
              </Suspense>
            )}
          </OpenPalette>
        </LoadExample>
      </LoginOf>
    </Badges>
  );
}

/** A page about what the last part of the address names; the router itself leaves slashes in names encoded. */
function Named({ page }: { readonly page: (name: string) => ReactNode }) {
  return page(lastPart(window.location.pathname));
}
