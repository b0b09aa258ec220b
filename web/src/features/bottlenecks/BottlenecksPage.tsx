import { useQuery } from "@tanstack/react-query";
import { useSearch } from "wouter";
import { overviewQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import type { Bottlenecks, Opportunities, Repeats, SlowOperations } from "../../api/views.gen";
import { onlyRange, readListAddress } from "../../lib/address";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Pick } from "../../ui/Pick";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { FlameOverMany } from "./FlameOverMany";
import { OpportunitiesTable } from "./OpportunitiesTable";
import { PathShares } from "./PathShares";
import { RepeatsTable } from "./RepeatsTable";
import { Said } from "./Said";
import { LongestSteps, SlowTable } from "./Slow";
import { StepsTable } from "./StepsTable";
import "./bottlenecks.css";

/** Which steps decide how long executions take, and what could be done about it. */
export default function BottlenecksPage() {
  const search = useSearch();
  const address = readListAddress(search);
  const { agent, environment, version } = address.filters;
  const wishes = { agent, environment, version };
  const agents = useQuery(overviewQuery(address)).data?.agents ?? [];
  const query = useQuery(questionQuery<Bottlenecks>("bottlenecks", wishes, address));
  const better = useQuery(questionQuery<Opportunities>("opportunities", { ...wishes, limit: "20" }, address));
  const slow = useQuery(
    questionQuery<SlowOperations>("slow-operations", { ...wishes, limit: "20" }, address),
  );
  const repeats = useQuery(questionQuery<Repeats>("repeats", { ...wishes, limit: "20" }, address));
  return (
    <Page crumb={<b>Bottlenecks</b>}>
      <title>Bottlenecks · Longpole</title>
      <PageHead title="Bottlenecks" note="Only time on the critical path decides when an execution ends">
        <Pick name="agent" label="Agent" none="All agents" options={agents.map((one) => one.agent)} />
        <TimeRange ranges={["1h", "24h", "7d", "30d"]} usual="7d" />
      </PageHead>
      <Asked query={query} what="The bottlenecks" heights={[62, 150, 420]}>
        {(found) =>
          found.operations.length === 0 ? (
            <Empty title="No execution ended in this time.">
              <p>Choose a longer time range, or another agent.</p>
            </Empty>
          ) : (
            <>
              <Said found={found} best={better.data?.opportunities[0]} />
              <PathShares found={found} />
              <FlameOverMany wishes={wishes} address={address} />
              <StepsTable found={found} range={onlyRange(search)} />
              <Asked query={better} what="What could be done better" heights={[180]}>
                {({ opportunities }) => <OpportunitiesTable items={opportunities} />}
              </Asked>
              <Asked query={slow} what="The slow operations" heights={[180]}>
                {(answer) => (
                  <>
                    <SlowTable slow={answer} />
                    <LongestSteps steps={answer.longest_steps} />
                  </>
                )}
              </Asked>
              <Asked query={repeats} what="The repeats" heights={[180]}>
                {({ operations }) => <RepeatsTable operations={operations} />}
              </Asked>
            </>
          )
        }
      </Asked>
    </Page>
  );
}
