import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { questionQuery } from "../../api/questions";
import type { WhyNot } from "../../api/views.gen";
import { ScoreLine } from "../../charts/ScoreLine";
import { clockTime, count, NONE, score } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import type { TabProps } from "./AgentTabs";

interface Silence {
  readonly id: string;
  readonly time: string;
  readonly by: string;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly outcome: string;
  readonly reason: string | null;
}

const TAKEN = new Set(["chosen", "respond", "selected"]);

/** When others considered it and did not take it, and when it was called and declined; the newest first. */
function silencesOf(why: WhyNot): Silence[] {
  const considered = why.considered
    .filter(({ outcome }) => !TAKEN.has(outcome ?? ""))
    .map((one) => ({ ...one, id: one.execution_id, outcome: one.outcome ?? "not chosen" }));
  const declined = why.runs
    .filter(({ status }) => status === "skipped")
    .map((run) => ({ ...run, id: run.execution_id, time: run.started_at, by: "itself", outcome: "skipped" }));
  return [...considered, ...declined].sort((a, b) => b.time.localeCompare(a.time));
}

/** What it did not do, and why. */
export function NotFiredTab({ asks }: TabProps) {
  const query = useQuery(questionQuery<WhyNot>("why-not", asks.wishes, asks.address));
  const now = Date.now();
  return (
    <Asked query={query} what="The decisions" heights={[200]}>
      {(why) => {
        const silences = silencesOf(why);
        return (
          <>
            <p className="pad">
              {silences.length === 0
                ? "Among the latest decisions about it, none went against it."
                : `Of its latest ${count(why.considered.length + why.runs.length)} decisions and executions, ${count(silences.length)} did not come to work.`}{" "}
              <Link href={`/why-not?agent=${encodeURIComponent(asks.agent)}`}>Ask for one conversation</Link>
            </p>
            {silences.length > 0 && <Silences silences={silences} now={now} />}
          </>
        );
      }}
    </Asked>
  );
}

function Silences({ silences, now }: { readonly silences: readonly Silence[]; readonly now: number }) {
  return (
    <div className="scroll">
      <table className="table" aria-label="Did not fire">
        <thead>
          <tr>
            <th className="r">When</th>
            <th>Decided by</th>
            <th>Score against threshold</th>
            <th className="r">Score</th>
            <th className="r">Needs</th>
            <th>Outcome</th>
            <th>Reason given</th>
          </tr>
        </thead>
        <tbody>
          {silences.map((one) => (
            <tr key={`${one.id} ${one.time}`}>
              <td className="r">
                <Link href={`/executions/${one.id}?tab=decisions`}>{clockTime(one.time, now)}</Link>
              </td>
              <td>{one.by}</td>
              <td>
                <ScoreLine score={one.score} threshold={one.threshold} hasFired={false} width={170} />
              </td>
              <td className="r">{score(one.score)}</td>
              <td className="r m">{score(one.threshold)}</td>
              <td>
                <span className="chip">
                  <Icon name="skip" size={12} /> {one.outcome.replaceAll("_", " ")}
                </span>
              </td>
              <td className="m wrap">{one.reason ?? NONE}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
