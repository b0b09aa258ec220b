import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { type AuditState, decide } from "../../api/audit";
import type { AuditedPlace } from "../../api/views.gen";
import { clockTime, count, duration, NONE, percent, UNKNOWN } from "../../lib/format";
import { reasonOf } from "../../lib/problem";

const SEEN_BY: Readonly<Record<string, string>> = {
  line: "a step or a blocked event loop at this very place",
  stack: "it was on the stack while the event loop stood",
  function: "its function is a step; the place may be a small part of it",
};

/** Why it is believed, what was measured, and what becomes of it. */
export function PlaceDetails({ place }: { readonly place: AuditedPlace }) {
  const now = Date.now();
  const or = (value: number | null, print: (value: number) => string) =>
    value === null ? UNKNOWN : print(value);
  const facts: readonly (readonly [string, string])[] = [
    ["Where", `${place.code_file}:${place.code_line}, ${place.code_function}`],
    ["Seen by", place.ran_by === null ? "not seen to run" : (SEEN_BY[place.ran_by] ?? place.ran_by)],
    ["Agents", place.agents.join(", ") || NONE],
    ["Ran in", `${count(place.executions)} executions, ${or(place.share, percent)} of its agents’`],
    ["Period before", before(place)],
    ["Time there", `p50 ${or(place.time_p50_ns, duration)}, p95 ${or(place.time_p95_ns, duration)}`],
    ["p95 would fall", or(place.p95_drop, percent)],
    ["Whole period", or(place.saving_total_ns, (ns) => `${duration(ns)} of all executions, estimated`)],
    ["Sure", `${place.confidence}, found by ${place.rule} in ${place.program}`],
    ["First, last seen", `${clockTime(place.first_seen, now)}, ${clockTime(place.last_seen, now)}`],
  ];
  return (
    <div className="place-details">
      <div>
        <p>{place.message}</p>
        {place.reasons.length > 0 && (
          <ul className="m t12">
            {place.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        )}
        <p className="t12">
          <b>What to do:</b> {place.advice}
        </p>
        {place.verified && (
          <p className={place.verified.is_verified ? "note t12" : "note warn t12"}>
            {place.verified.message}
          </p>
        )}
        <Deeds place={place} />
      </div>
      <dl className="kv">
        {facts.map(([name, value]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function before({ share_before, time_p50_before_ns }: AuditedPlace): string {
  if (share_before === null) return UNKNOWN;
  const time = time_p50_before_ns === null ? "" : `, p50 ${duration(time_p50_before_ns)}`;
  return `${percent(share_before)} of executions${time}`;
}

const NEXT: Readonly<Record<string, readonly (readonly [AuditState, string])[]>> = {
  open: [
    ["accepted", "Accept it as it is"],
    ["fixed", "It is fixed"],
  ],
  accepted: [["open", "Open it again"]],
  fixed: [["open", "Open it again"]],
};

function Deeds({ place }: { readonly place: AuditedPlace }) {
  const queries = useQueryClient();
  const deciding = useMutation({
    mutationFn: (state: AuditState) => decide(place.fingerprint, place.program, state),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["audit"] }),
  });
  return (
    <div className="deeds">
      {place.example_execution_id && (
        <Link href={`/executions/${encodeURIComponent(place.example_execution_id)}`}>
          An execution with it
        </Link>
      )}
      <span className="sp" />
      {NEXT[place.state]?.map(([state, words]) => (
        <Button
          key={state}
          variant="default"
          size="xs"
          loading={deciding.isPending}
          onClick={() => deciding.mutate(state)}
        >
          {words}
        </Button>
      ))}
      {deciding.error && (
        <span className="bad t12" role="alert">
          {reasonOf(deciding.error)}
        </span>
      )}
    </div>
  );
}
