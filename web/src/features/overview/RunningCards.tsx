import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { Link } from "wouter";
import type { Wish } from "../../api/live";
import { openExecutionsQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import { useLiveRefetch } from "../../api/useLive";
import type { ExecutionItem, Running, RunningExecution, UsualAgent, UsualAgents } from "../../api/views.gen";
import { UsualBar } from "../../charts/UsualBar";
import { bigCount, count, counted, duration, durationParts } from "../../lib/format";
import { placed } from "../../lib/slots";
import { epochMs, MILLISECOND, SECOND } from "../../lib/time";
import { Status } from "../../ui/Status";
import { useTick } from "../../ui/useTick";

const ANY: Wish = { brief: true };
const LIVE_EVERY_MS = 700;
const ASK_MS = 2_000;
const MOST_CARDS = 10;
/** So many executions have to tell what is usual. */
const ENOUGH = 30;
const KEPT_MS = 8_000;

interface Props {
  readonly usual: UsualAgents | undefined;
  readonly agent: string | undefined;
}

/** A card for each execution that runs; a card keeps its place until what it shows has ended and another needs it. */
export function RunningCards({ usual, agent }: Props) {
  useLiveRefetch(ANY, ["question", "running"], LIVE_EVERY_MS);
  useLiveRefetch(ANY, ["open executions"], LIVE_EVERY_MS);
  // While nothing happens no news come, but what waits waits longer.
  const running = useQuery({ ...questionQuery<Running>("running", { agent }), refetchInterval: ASK_MS }).data;
  const items = useQuery(openExecutionsQuery(agent)).data;
  const tops = running?.executions.filter(({ parent_execution_id }) => parent_execution_id === null) ?? [];
  const cards = useCards(tops);
  const now = useTick(cards.length > 0);
  if (!running || cards.length === 0) return null;
  const shown = cards.slice(0, MOST_CARDS);
  return (
    <section aria-label="Running now">
      <div className="running-head">
        <h2>Running now</h2>
        <span className="m t12">
          {count(Math.min(tops.length, MOST_CARDS))} of {counted(tops.length, "execution")}, oldest place
          first; cards keep their place
        </span>
        {running.bottleneck && <span className="t12 warn cut">{running.bottleneck}</span>}
      </div>
      <div className="running">
        {shown.map((card) => (
          <Card
            key={card.execution_id}
            execution={card}
            inHand={card.in_hand.length > 0 ? card.in_hand : inHandOfChildren(card, running.executions)}
            item={items?.items.find((item) => item.execution_id === card.execution_id)}
            usual={usual?.agents.find((one) => one.agent === card.agent)}
            isOpen={tops.some((one) => one.execution_id === card.execution_id)}
            now={now}
          />
        ))}
      </div>
    </section>
  );
}

/** What runs in its places, and for some seconds what has ended. */
function useCards(tops: readonly RunningExecution[]): readonly RunningExecution[] {
  const known = useRef(new Map<string, { card: RunningExecution; seen: number }>());
  const places = useRef<readonly string[]>([]);
  return useMemo(() => {
    const now = Date.now();
    for (const card of tops) known.current.set(card.execution_id, { card, seen: now });
    const ids = tops.map(({ execution_id }) => execution_id);
    places.current = placed(places.current, ids, (id) => now - (known.current.get(id)?.seen ?? 0) < KEPT_MS);
    return places.current.flatMap((id) => known.current.get(id)?.card ?? []);
  }, [tops]);
}

function inHandOfChildren(card: RunningExecution, every: readonly RunningExecution[]) {
  return every.filter((one) => one.root_execution_id === card.execution_id).flatMap((one) => one.in_hand);
}

interface CardProps {
  readonly execution: RunningExecution;
  readonly inHand: RunningExecution["in_hand"];
  readonly item: ExecutionItem | undefined;
  readonly usual: UsualAgent | undefined;
  readonly isOpen: boolean;
  readonly now: number;
}

function Card({ execution, inHand, item, usual, isOpen, now }: CardProps) {
  const soFar = isOpen ? Math.max(0, now - epochMs(execution.started_at)) * MILLISECOND : execution.so_far_ns;
  const isKnown = (usual?.executions ?? 0) >= ENOUGH;
  const [p50, p95] = isKnown ? [usual?.p50_ns ?? null, usual?.p95_ns ?? null] : [null, null];
  const silent = execution.silent_ns ?? null;
  const isSilent = isOpen && silent !== null && silent > 10 * SECOND;
  const isOver = isOpen && p95 !== null && soFar > p95;
  return (
    <Link href={`/executions/${execution.execution_id}`} className="card running-card" data-open={isOpen}>
      <div className="top-line">
        <b className="cut">{execution.agent}</b>
        {!isOpen ? (
          <span className="chip">ended</span>
        ) : isSilent ? (
          <span className="chip bad">silent</span>
        ) : isOver ? (
          <span className="chip warn">over p95</span>
        ) : (
          <Status status={execution.status} />
        )}
      </div>
      <div className="elapsed">
        {durationParts(soFar).map(([figure, unit]) => (
          <span key={unit} className="tn">
            {figure}
            <small>{unit}</small>{" "}
          </span>
        ))}
        <span className="m t12">{p50 === null ? "usual not known" : `usual ${duration(p50)}`}</span>
      </div>
      <UsualBar value={soFar} p50={p50} p95={p95} tone={isSilent ? "lost" : isOver ? "over" : "usual"} />
      <div className="t12 cut">{inHand[0]?.words ?? stageWords(execution)}</div>
      <div className={isSilent ? "t11 bad cut" : "t11 s cut"}>
        {isSilent ? `no sign for ${duration(silent)}` : progress(item, usual)} · {tokens(item)}
      </div>
    </Link>
  );
}

function stageWords({ stage, state }: RunningExecution): string {
  return stage ? stage.replaceAll("_", " ").toLowerCase() : state;
}

function progress(item: ExecutionItem | undefined, usual: UsualAgent | undefined): string {
  if (!item) return "steps unknown";
  const about = usual?.steps_mean && usual.executions >= ENOUGH ? ` of about ${count(usual.steps_mean)}` : "";
  return `step ${count(item.steps_total)}${about}`;
}

function tokens(item: ExecutionItem | undefined): string {
  if (!item || (item.input_tokens === null && item.output_tokens === null)) return "tokens unknown";
  return `${bigCount((item.input_tokens ?? 0) + (item.output_tokens ?? 0))} tokens`;
}
