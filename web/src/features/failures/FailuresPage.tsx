import { useQuery } from "@tanstack/react-query";
import { useSearch } from "wouter";
import { overviewQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import type { FailureGroups } from "../../api/views.gen";
import { onlyRange, readListAddress } from "../../lib/address";
import { earlierPeriod } from "../../lib/period";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Pick } from "../../ui/Pick";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { FailureTimes } from "./FailureTimes";
import { GroupDetails } from "./GroupDetails";
import { GroupsTable } from "./GroupsTable";
import { Said } from "./Said";
import "./failures.css";

const MOST = "200";

/** Errors in groups of like ones: how often, since when, where they began, what they cost. */
export default function FailuresPage() {
  const search = useSearch();
  const address = readListAddress(search);
  const { agent, environment, version } = address.filters;
  const wishes = { agent, environment, version, limit: MOST };
  const agents = useQuery(overviewQuery(address)).data?.agents ?? [];
  const query = useQuery(questionQuery<FailureGroups>("failures", wishes, address));
  const before = earlierPeriod(query.data);
  const earlier = useQuery({
    ...questionQuery<FailureGroups>("failures", { ...wishes, ...before }),
    enabled: before !== null,
  }).data;
  const known = earlier && new Set(earlier.groups.map(({ group_id }) => group_id));
  return (
    <Page crumb={<b>Failures</b>}>
      <title>Failures · Longpole</title>
      <PageHead
        title="Failures"
        note="Errors that are alike are one group; numbers and names in messages aside"
      >
        <Pick name="agent" label="Agent" none="All agents" options={agents.map((one) => one.agent)} />
        <TimeRange ranges={["1h", "24h", "7d", "30d"]} usual="7d" />
      </PageHead>
      <Asked query={query} what="The failures" heights={[62, 170, 420]}>
        {(failures) =>
          failures.groups.length === 0 ? (
            <Empty title="Nothing failed in this time.">
              <p>No execution failed, timed out or crashed, and no step either.</p>
            </Empty>
          ) : (
            <Answer
              failures={failures}
              earlier={earlier ? earlier.executions : null}
              known={known ?? null}
              chosen={new URLSearchParams(search).get("group")}
              range={onlyRange(search)}
            />
          )
        }
      </Asked>
    </Page>
  );
}

interface AnswerProps {
  readonly failures: FailureGroups;
  /** How many executions failed in the period before, and of which groups; null while it is not known. */
  readonly earlier: number | null;
  readonly known: ReadonlySet<string> | null;
  readonly chosen: string | null;
  readonly range: string;
}

function Answer({ failures, earlier, known, chosen, range }: AnswerProps) {
  const group = failures.groups.find(({ group_id }) => group_id === chosen) ?? failures.groups[0];
  return (
    <>
      <Said failures={failures} earlier={earlier} known={known} />
      <FailureTimes failures={failures} />
      <div className="failures-pair">
        <GroupsTable failures={failures} known={known} chosen={group?.group_id ?? ""} />
        {group && <GroupDetails group={group} range={range} />}
      </div>
    </>
  );
}
