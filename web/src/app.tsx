import { lazy, Suspense } from "react";
import { Link, Route, Switch } from "wouter";
import { PatternSheet } from "./charts/Patterns";
import { KeyHelp } from "./ui/KeyHelp";
import { Shell } from "./ui/Shell";
import { Empty } from "./ui/States";

const OverviewPage = lazy(() => import("./features/overview/OverviewPage"));
const ExecutionsPage = lazy(() => import("./features/executions/ExecutionsPage"));
const ExecutionPage = lazy(() => import("./features/execution/ExecutionPage"));

/** Every address and its page; each page is loaded when it is first opened. */
export function App() {
  return (
    <>
      <PatternSheet />
      <KeyHelp />
      <Suspense fallback={null}>
        <Switch>
          <Route path="/" component={OverviewPage} />
          <Route path="/executions" component={ExecutionsPage} />
          <Route path="/executions/:id">{({ id }) => <ExecutionPage key={id} id={id} />}</Route>
          <Route>
            <Shell crumb={<b>Not found</b>}>
              <Empty title="There is no page at this address.">
                <Link href="/executions">All executions</Link>
              </Empty>
            </Shell>
          </Route>
        </Switch>
      </Suspense>
    </>
  );
}
