import { useQuery } from "@tanstack/react-query";
import { useSearch } from "wouter";
import type { Wish } from "../../api/live";
import { questionQuery, type Wishes } from "../../api/questions";
import { useLiveRefetch, useLiveState } from "../../api/useLive";
import type { Pulse, UsualAgents } from "../../api/views.gen";
import { readListAddress } from "../../lib/address";
import { counted, shortDay } from "../../lib/format";
import { AfterPaint } from "../../ui/AfterPaint";
import { Asked } from "../../ui/Asked";
import { FirstSteps } from "../../ui/FirstSteps";
import { LiveChip } from "../../ui/LiveChip";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Pick } from "../../ui/Pick";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { WhenSeen } from "../../ui/WhenSeen";
import { AgentsCard } from "./AgentsCard";
import { Figures } from "./Figures";
import { FindingsCard } from "./FindingsCard";
import { Pictures } from "./Pictures";
import { ResourcesCard } from "./ResourcesCard";
import { RunningCards } from "./RunningCards";
import { ScatterCard } from "./ScatterCard";
import "./overview.css";

/** What changes a sum. */
const CHANGES: Wish = { kinds: ["execution.started", "execution.completed"], brief: true };
/** What changes what could be saved; findings come some seconds after what they are about. */
const RAISED: Wish = { kinds: ["finding.raised"], brief: true };
const LIVE_EVERY_MS = 3_000;

/** A time range as the questions about a period take it. */
export interface Times {
  readonly range: string;
  readonly from: string;
  readonly to: string;
}

/** What runs now, what got worse, where to look first. */
export default function OverviewPage() {
  const search = useSearch();
  const address = readListAddress(search);
  const { agent, environment } = address.filters;
  const wishes = { agent, environment };
  const pulse = useQuery(questionQuery<Pulse>("pulse", wishes, address));
  useLiveRefetch(CHANGES, ["question", "pulse"], LIVE_EVERY_MS);
  useLiveRefetch(CHANGES, ["question", "statistics"], LIVE_EVERY_MS);
  useLiveRefetch(CHANGES, ["question", "agents"], LIVE_EVERY_MS);
  useLiveRefetch(RAISED, ["question", "agents"], LIVE_EVERY_MS);
  useLiveRefetch(RAISED, ["question", "opportunities"], LIVE_EVERY_MS);
  // Reports about a period want to know when it begins: all of time begins with the first execution.
  const isAll = address.range === "all" && !address.from;
  const times: Times | null = !isAll
    ? address
    : pulse.data
      ? { ...address, from: pulse.data.from_time }
      : null;
  const agents = useQuery({
    ...questionQuery<UsualAgents>("agents", { environment }, times ?? address),
    enabled: times !== null,
  });
  const state = useLiveState();
  return (
    <Page crumb={<b>Overview</b>} right={<LiveChip state={state} />}>
      <title>Overview · Longpole</title>
      <PageHead title="Overview" note={pulse.data && <Against pulse={pulse.data} isAll={isAll} />}>
        <Pick
          name="agent"
          label="Agent"
          none="All agents"
          options={agents.data?.agents.map((one) => one.agent) ?? []}
        />
        <Pick
          name="environment"
          label="Environment"
          none="All environments"
          options={agents.data?.environments ?? []}
        />
        <TimeRange />
      </PageHead>
      <RunningCards usual={agents.data} agent={agent} />
      <Asked query={pulse} what="The overview" heights={[76, 280, 240]}>
        {(answer) =>
          answer.executions === 0 ? (
            <Nothing gone={answer.gone ?? 0} isFiltered={!isAll || Boolean(agent ?? environment)} />
          ) : (
            <Answer pulse={answer} agents={agents} wishes={wishes} times={times ?? address} />
          )
        }
      </Asked>
    </Page>
  );
}

function Against({ pulse, isAll }: { readonly pulse: Pulse; readonly isAll: boolean }) {
  if (pulse.executions === 0) return null;
  return (
    <>
      {!isAll && `${shortDay(pulse.from_time)} – ${shortDay(pulse.to_time)}, against the period before`}
      {!isAll && Boolean(pulse.gone) && " · "}
      {Boolean(pulse.gone) && (
        <span title="Retention has removed them; longpole overview counts them in">
          {counted(pulse.gone ?? 0, "older execution")} only left as sums of days
        </span>
      )}
    </>
  );
}

interface NothingProps {
  readonly gone: number;
  readonly isFiltered: boolean;
}

function Nothing({ gone, isFiltered }: NothingProps) {
  if (gone > 0) {
    return (
      <Empty title={`Of ${counted(gone, "execution")} in this time range only sums of days are left.`}>
        <p>
          Retention has removed the rest. <code>longpole overview --from … --to …</code> shows the sums.
        </p>
      </Empty>
    );
  }
  if (!isFiltered) return <FirstSteps />;
  return <Empty title="Nothing ran here in this time range. Choose a longer one, or drop a filter." />;
}

interface AnswerProps {
  readonly pulse: Pulse;
  readonly agents: Parameters<typeof AgentsCard>[0]["query"];
  readonly wishes: Wishes;
  readonly times: Times;
}

function Answer({ pulse, agents, wishes, times }: AnswerProps) {
  return (
    <>
      <Figures pulse={pulse} wishes={wishes} times={times} />
      <AfterPaint height={800}>
        {() => (
          <>
            <ScatterCard wishes={wishes} times={times} />
            <WhenSeen height={270}>{() => <Pictures pulse={pulse} wishes={wishes} times={times} />}</WhenSeen>
            <div className="overview-foot">
              <AgentsCard query={agents} wishes={wishes} times={times} />
              <WhenSeen height={200}>{() => <FindingsCard wishes={wishes} times={times} />}</WhenSeen>
            </div>
            <ResourcesCard pulse={pulse} />
          </>
        )}
      </AfterPaint>
    </>
  );
}
