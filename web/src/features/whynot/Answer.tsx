import { Button, CopyButton } from "@mantine/core";
import { Link } from "wouter";
import type { Considered, WhyNot } from "../../api/views.gen";
import { ScoreStrip, type StripDot } from "../../charts/ScoreStrip";
import { useWidth } from "../../charts/useWidth";
import { clockTime, score } from "../../lib/format";
import { gatesOf, OUTCOME_WORDS } from "../../lib/gates";
import { Icon } from "../../ui/icons";
import { Candidates } from "./Candidates";
import { Gates } from "./Gates";
import { Latest } from "./Latest";
import { Runs } from "./Runs";

interface Props {
  readonly why: WhyNot;
  /** The same without a conversation or time: the latest decisions about the agent. */
  readonly latest: WhyNot;
  readonly session: string | null;
}

const TONES: Readonly<Record<string, string>> = {
  fired: "good",
  running: "info",
  failed: "bad",
  blocked: "bad",
  upstream_failed: "bad",
};
const TAKEN = new Set(["chosen", "respond", "selected"]);

/** The outcome in a sentence, the gates it passed, and all evidence for it. */
export function Answer({ why, latest, session }: Props) {
  const gates = gatesOf(why);
  const stop = gates.findIndex(({ state }) => state === "stopped" || state === "waiting");
  const [decision] = why.considered;
  const [run] = why.runs;
  return (
    <>
      <section className="card" aria-label="Answer">
        <div className="why-verdict">
          <div>
            <div className="why-chips">
              <span className={`chip ${TONES[why.outcome] ?? ""}`}>
                {OUTCOME_WORDS[why.outcome] ?? why.outcome}
              </span>
              <span className="chip">
                {stop < 0
                  ? `passed all ${gates.length} gates`
                  : `stopped at gate ${stop + 1} of ${gates.length}`}
              </span>
              <Copy why={why} session={session} />
            </div>
            <Message text={why.message} />
            {why.near_names.length > 0 && <Near names={why.near_names} session={session} />}
          </div>
          <Scores chosen={decision ?? null} all={latest.considered} />
        </div>
        <Gates gates={gates} />
      </section>
      <div className={decision ? "why-two" : "why-columns"}>
        {decision && (
          <Candidates executionId={decision.execution_id} agent={why.agent} time={decision.time} />
        )}
        {latest.considered.length > 0 && <Latest considered={latest.considered} session={session} />}
      </div>
      {(run || why.failed_before.length > 0) && (
        <div className="why-columns">
          {run && <Runs title="Its own executions" runs={why.runs} hasAgent={false} />}
          {why.failed_before.length > 0 && (
            <Runs title="What failed in the conversation" runs={why.failed_before} hasAgent />
          )}
        </div>
      )}
      {!decision && !run && why.failed_before.length === 0 && (
        <div className="note">
          No evidence is stored of it: no decision about {why.agent} and no execution of it
          {session ? ` in ${session}` : " in this time"}.{" "}
          {session && (
            <Link href={`/executions?session=${encodeURIComponent(session)}`}>What did run in it</Link>
          )}
        </div>
      )}
    </>
  );
}

/** The first sentence is the answer, the rest explains. */
function Message({ text }: { readonly text: string }) {
  const end = text.search(/[.:;] /);
  const first = end < 0 ? text : text.slice(0, end);
  const rest = end < 0 ? "" : text.slice(end + 2);
  return (
    <>
      <h2 className="why-first">{first.endsWith(".") ? first : `${first}.`}</h2>
      {rest && <p className="says m">{rest[0]?.toUpperCase() + rest.slice(1)}</p>}
    </>
  );
}

function Near({ names, session }: { readonly names: readonly string[]; readonly session: string | null }) {
  return (
    <p className="why-agents">
      Names like it:{" "}
      {names.map((name) => {
        const query = new URLSearchParams({ agent: name, ...(session ? { session } : {}) });
        return (
          <Link key={name} className="chip outline" href={`/why-not?${query}`}>
            {name}
          </Link>
        );
      })}
    </p>
  );
}

function Copy({ why, session }: { readonly why: WhyNot; readonly session: string | null }) {
  const [decision] = why.considered;
  const lines = [
    `**Why did ${why.agent} not fire${session ? ` in ${session}` : ""}?** ${why.message}`,
    decision &&
      `Score ${score(decision.score)}, needs ${score(decision.threshold)}, decided by ${decision.by}.`,
    location.href,
  ];
  return (
    <CopyButton value={lines.filter(Boolean).join("\n\n")}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          size="compact-xs"
          leftSection={<Icon name={copied ? "check" : "copy"} size={11} />}
          onClick={copy}
        >
          {copied ? "Copied" : "Copy as Markdown"}
        </Button>
      )}
    </CopyButton>
  );
}

function Scores({
  chosen,
  all,
}: {
  readonly chosen: Considered | null;
  readonly all: readonly Considered[];
}) {
  const [place, width] = useWidth(400);
  const now = Date.now();
  const dots = all.flatMap((one): StripDot[] =>
    one.score === null
      ? []
      : [
          {
            id: `${one.execution_id} ${one.time}`,
            score: one.score,
            hasFired: TAKEN.has(one.outcome ?? ""),
            label: `${score(one.score)}, ${clockTime(one.time, now)}`,
          },
        ],
  );
  const own: StripDot | null =
    chosen && chosen.score !== null
      ? { id: chosen.execution_id, score: chosen.score, hasFired: TAKEN.has(chosen.outcome ?? ""), label: "" }
      : null;
  const threshold = chosen?.threshold ?? all.find((one) => one.threshold !== null)?.threshold ?? null;
  if (dots.length === 0 && !own) return null;
  return (
    <div ref={place} className="why-scores">
      <ScoreStrip dots={dots} threshold={threshold} chosen={own} width={width} />
    </div>
  );
}
