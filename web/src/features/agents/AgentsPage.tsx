import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearch } from "wouter";
import type { Wish } from "../../api/live";
import { overviewQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import { useLiveRefetch } from "../../api/useLive";
import type { Overview, Regressions, Trends } from "../../api/views.gen";
import { onlyRange, readListAddress } from "../../lib/address";
import { count, counted } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { FirstSteps } from "../../ui/FirstSteps";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { SearchText } from "../../ui/SearchText";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { type AgentRow, AgentsTable } from "./AgentsTable";

const CHANGES: Wish = { kinds: ["execution.started", "execution.completed"], brief: true };
const MOST = "200";

/** Every agent: how often, how long, how well, what changed. */
export default function AgentsPage() {
  const search = useSearch();
  const address = readListAddress(search);
  const query = useQuery(overviewQuery(address));
  useLiveRefetch(CHANGES, ["overview"], 1_000);
  const trends = useQuery(questionQuery<Trends>("trends", { limit: MOST }, address)).data;
  const changes = useQuery(questionQuery<Regressions>("regressions", { limit: MOST }, address)).data;
  const agents = query.data?.agents;
  const slower = new Set(changes?.items.map(({ agent }) => agent)).size;
  return (
    <Page crumb={<b>Agents</b>}>
      <title>Agents · Longpole</title>
      <PageHead
        title="Agents"
        note={
          agents &&
          agents.length > 0 &&
          `${count(agents.length)}${changes ? `, ${slower === 0 ? "none got worse" : `${counted(slower, "agent")} got worse`}` : ""}`
        }
      >
        <SearchText name="text" label="Find an agent" />
        <TimeRange />
      </PageHead>
      <Asked query={query} what="The agents" heights={[420]}>
        {(overview) => (
          <Answer
            overview={overview}
            trends={trends}
            changes={changes}
            text={address.text}
            range={onlyRange(search)}
          />
        )}
      </Asked>
    </Page>
  );
}

interface AnswerProps {
  readonly overview: Overview;
  readonly trends: Trends | undefined;
  readonly changes: Regressions | undefined;
  readonly text: string;
  readonly range: string;
}

function Answer({ overview, trends, changes, text, range }: AnswerProps) {
  const rows = useMemo(() => {
    const trendOf = new Map(trends?.agents.map((trend) => [trend.agent, trend]));
    // The latest change of an agent comes first, and is the one that counts.
    const changeOf = new Map(changes?.items.toReversed().map((change) => [change.agent, change]));
    return overview.agents
      .filter(({ agent }) => agent.toLowerCase().includes(text.toLowerCase()))
      .map(
        (agent): AgentRow => ({
          agent,
          trend: trendOf.get(agent.agent) ?? null,
          change: changeOf.get(agent.agent) ?? null,
        }),
      );
  }, [overview, trends, changes, text]);
  if (overview.agents.length === 0) {
    return range ? <Empty title="No agent ran in this time range. Choose a longer one." /> : <FirstSteps />;
  }
  if (rows.length === 0) return <Empty title={`No agent has “${text}” in its name.`} />;
  return <AgentsTable rows={rows} range={range} />;
}
