import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link, Route, Switch } from "wouter";
import { alertCountQuery } from "./api/alerts";
import { logOut, sessionQuery } from "./api/session";
import { PatternSheet } from "./charts/Patterns";
import { Badges } from "./ui/badges";
import { KeyHelp } from "./ui/KeyHelp";
import { LoginOf } from "./ui/login";
import { Shell } from "./ui/Shell";
import { Empty } from "./ui/States";

const OverviewPage = lazy(() => import("./features/overview/OverviewPage"));
const ExecutionsPage = lazy(() => import("./features/executions/ExecutionsPage"));
const AlertsPage = lazy(() => import("./features/alerts/AlertsPage"));
const HealthPage = lazy(() => import("./features/health/HealthPage"));
const ExecutionPage = lazy(() => import("./features/execution/ExecutionPage"));

/** Every address and its page; each page is loaded when it is first opened. */
export function App() {
  const { data: firing = 0 } = useQuery(alertCountQuery());
  const { data: session } = useQuery(sessionQuery());
  const login = session?.is_login ? { who: session.title ?? "", logOut } : null;
  return (
    <Badges value={{ "/alerts": firing }}>
      <LoginOf value={login}>
        <PatternSheet />
        <KeyHelp />
        <Suspense fallback={null}>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/executions" component={ExecutionsPage} />
            <Route path="/executions/:id">{({ id }) => <ExecutionPage key={id} id={id} />}</Route>
            <Route path="/alerts" component={AlertsPage} />
            <Route path="/health" component={HealthPage} />
            <Route>
              <Shell crumb={<b>Not found</b>}>
                <Empty title="There is no page at this address.">
                  <Link href="/executions">All executions</Link>
                </Empty>
              </Shell>
            </Route>
          </Switch>
        </Suspense>
      </LoginOf>
    </Badges>
  );
}
