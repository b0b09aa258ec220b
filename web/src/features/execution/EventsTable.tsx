import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import type { DecisionNode, EventNode, ExecutionTree } from "../../api/views.gen";
import { duration, NONE } from "../../lib/format";

interface Props {
  readonly tree: ExecutionTree;
  readonly onPick: (id: string) => void;
}

const TONES: Readonly<Record<string, string>> = {
  error: "bad",
  critical: "bad",
  fatal: "bad",
  exception: "bad",
  warning: "warn",
  warn: "warn",
  "left open": "warn",
  blocked: "bad",
};

/** The decisions by the event that told them: each event names its candidate. */
function byEvent(events: readonly EventNode[], decisions: readonly DecisionNode[]) {
  const waiting = new Map<string, DecisionNode[]>();
  for (const decision of decisions) {
    const key = `${decision.span_id} ${decision.offset_ns}`;
    waiting.set(key, [...(waiting.get(key) ?? []), decision]);
  }
  const found = new Map<EventNode, DecisionNode>();
  for (const event of events) {
    if (event.kind !== "decision") continue;
    const decision = waiting.get(`${event.span_id} ${event.offset_ns}`)?.shift();
    if (decision) found.set(event, decision);
  }
  return found;
}

function saysWhat(event: EventNode, decision?: DecisionNode): string {
  if (decision) {
    const outcome = decision.outcome ?? (decision.considered === false ? "never considered" : "considered");
    const words = [outcome.replaceAll("_", " "), decision.reason].filter(Boolean).join(", ");
    return `${decision.candidate}: ${words}`;
  }
  if (event.kind === "stage")
    return [event.stage?.replaceAll("_", " "), event.status?.replaceAll("_", " "), event.message]
      .filter(Boolean)
      .join(", ");
  if (event.kind === "blocked") return `stood still, ${event.message ?? "another step"} held the event loop`;
  return event.message ?? event.name;
}

/** Stages, log lines and first tokens in order of time; a click shows the step that said it. */
export function EventsTable({ tree, onPick }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const names = useMemo(
    () =>
      new Map([
        ...tree.steps.map((s) => [s.step_id, s.name] as const),
        ...tree.executions.map((e) => [e.span_id, e.agent] as const),
      ]),
    [tree],
  );
  const events = useMemo(() => [...tree.events].sort((a, b) => a.offset_ns - b.offset_ns), [tree.events]);
  const decisions = useMemo(() => byEvent(events, tree.decisions), [events, tree.decisions]);
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 34,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  return (
    <div className="scroll events" ref={scroller}>
      <table className="table">
        <thead>
          <tr>
            <th className="r">After</th>
            <th>Kind</th>
            <th>Said by</th>
            <th style={{ width: "60%" }}>What</th>
            <th className="r">Took</th>
          </tr>
        </thead>
        <tbody>
          <tr className="spacer">
            <td style={{ height: items[0]?.start ?? 0 }} colSpan={5} />
          </tr>
          {items.map(({ index }) => {
            const event = events[index] as EventNode;
            return (
              <EventRow
                key={index}
                event={event}
                what={saysWhat(event, decisions.get(event))}
                speaker={names.get(event.span_id) ?? NONE}
                onPick={() => onPick(event.span_id)}
              />
            );
          })}
          <tr className="spacer">
            <td style={{ height: virtual.getTotalSize() - (items.at(-1)?.end ?? 0) }} colSpan={5} />
          </tr>
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly event: EventNode;
  readonly what: string;
  readonly speaker: string;
  readonly onPick: () => void;
}

function EventRow({ event, what, speaker, onPick }: RowProps) {
  const word = event.level ?? event.kind.replaceAll("_", " ");
  return (
    <tr className="click" onClick={onPick}>
      <td className="r">{duration(event.offset_ns)}</td>
      <td>
        <span className={`chip ${TONES[word.toLowerCase()] ?? ""}`}>{word}</span>
      </td>
      <td>{speaker}</td>
      <td className="what" title={what}>
        {what}
      </td>
      <td className={event.duration_ns ? "r" : "r s"}>
        {event.duration_ns ? duration(event.duration_ns) : NONE}
      </td>
    </tr>
  );
}
