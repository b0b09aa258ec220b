import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "../../api/queries";
import type { HealthWord, ServerHealth } from "../../api/views.gen";
import { reasonOf } from "../../lib/problem";
import { Icon, type IconName } from "../../ui/icons";
import { Page } from "../../ui/Page";
import { Failed, Waiting } from "../../ui/States";
import { JobsTable } from "./JobsTable";
import { LastHour } from "./LastHour";
import { NoiseTable } from "./NoiseTable";
import { OwnWork } from "./OwnWork";
import { ProgramsTable } from "./ProgramsTable";
import { SendersTable } from "./SendersTable";
import { ServerFigures } from "./ServerFigures";
import "./health.css";

/** How the server itself is: what it took, what is missing, how long its own work takes. */
export default function HealthPage() {
  const query = useQuery(healthQuery());
  return (
    <Page crumb={<b>Ingest health</b>}>
      <title>Ingest health · Longpole</title>
      <h1>Ingest health</h1>
      {query.data ? (
        <Answer health={query.data} failure={query.error} />
      ) : query.error ? (
        <Failed
          what="The server does not say how it is"
          why={reasonOf(query.error)}
          onRetry={() => query.refetch()}
        />
      ) : (
        <Waiting heights={[60, 76, 260, 240]} />
      )}
    </Page>
  );
}

function Answer({ health, failure }: { readonly health: ServerHealth; readonly failure: Error | null }) {
  const { server } = health;
  return (
    <>
      {failure && (
        <div className="note bad" role="alert">
          What you see is from before: {reasonOf(failure)}
        </div>
      )}
      <Words words={health.words} />
      {server && <ServerFigures server={server} />}
      {server && <LastHour points={server.points} />}
      <ProgramsTable programs={health.programs} />
      {server && (
        <div className="health-pair">
          <OwnWork server={server} />
          <JobsTable jobs={server.jobs} />
        </div>
      )}
      {server && <NoiseTable rules={server.noise} />}
      {server && <SendersTable senders={server.senders} />}
    </>
  );
}

const SIGNS: Readonly<Record<string, readonly [IconName, string]>> = {
  good: ["check", "good"],
  warn: ["warn", "warn"],
  bad: ["x", "bad"],
};

function Words({ words }: { readonly words: readonly HealthWord[] }) {
  return (
    <section className="card health-words" aria-label="In words">
      <ul>
        {words.map(({ level, text }) => {
          const [icon, tone] = SIGNS[level] ?? ["dots", "s"];
          return (
            <li key={text}>
              <span className={tone}>
                <Icon name={icon as IconName} size={16} />
              </span>
              <span>{text}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
