import { useQuery } from "@tanstack/react-query";
import { useSearch } from "wouter";
import type { Wish } from "../../api/live";
import { overviewQuery } from "../../api/queries";
import { useLiveRefetch, useLiveState } from "../../api/useLive";
import type { Overview } from "../../api/views.gen";
import { onlyRange, readListAddress } from "../../lib/address";
import { reasonOf } from "../../lib/problem";
import { FirstSteps } from "../../ui/FirstSteps";
import { LiveChip } from "../../ui/LiveChip";
import { Shell } from "../../ui/Shell";
import { Empty, Failed, Waiting } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { AgentsTable } from "./AgentsTable";
import { CategoriesTable } from "./CategoriesTable";
import { Figures } from "./Figures";

/** What changes a sum. */
const CHANGES: Wish = { kinds: ["execution.started", "execution.completed"], brief: true };

/** What ran, how it went, where the time went. */
export default function OverviewPage() {
  const search = useSearch();
  const query = useQuery(overviewQuery(readListAddress(search)));
  useLiveRefetch(CHANGES, ["overview"], 1_000);
  const state = useLiveState();
  return (
    <Shell crumb={<b>Overview</b>} right={<LiveChip state={state} />}>
      <title>Overview · Longpole</title>
      <div style={{ display: "flex", alignItems: "center", gap: 8 }}>
        <h1>Overview</h1>
        <span className="sp" />
        <TimeRange />
      </div>
      {query.data ? (
        <Answer overview={query.data} range={onlyRange(search)} failure={query.error} />
      ) : query.error ? (
        <Failed
          what="The overview could not be loaded"
          why={reasonOf(query.error)}
          onRetry={() => query.refetch()}
        />
      ) : (
        <Waiting heights={[76, 300, 240]} />
      )}
    </Shell>
  );
}

interface AnswerProps {
  readonly overview: Overview;
  readonly range: string;
  readonly failure: Error | null;
}

function Answer({ overview, range, failure }: AnswerProps) {
  if (overview.totals.executions === 0 && overview.agents.length === 0) {
    return range ? <Empty title="Nothing ran in this time range. Choose a longer one." /> : <FirstSteps />;
  }
  return (
    <>
      {failure && <div className="note warn">What you see is from before: {reasonOf(failure)}</div>}
      <Figures totals={overview.totals} />
      <AgentsTable agents={overview.agents} range={range} />
      <CategoriesTable categories={overview.categories} />
    </>
  );
}
