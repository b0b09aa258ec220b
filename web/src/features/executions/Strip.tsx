import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { questionQuery } from "../../api/questions";
import type { Pulse, PulsePlace } from "../../api/views.gen";
import { type StripPlace, TimeStrip } from "../../charts/TimeStrip";
import { type ListAddress, withParts } from "../../lib/address";
import { axisTime, clockTime, cost, count, duration } from "../../lib/format";
import { epochMs, MILLISECOND } from "../../lib/time";
import { Asked } from "../../ui/Asked";
import { useKeys } from "../../ui/useKeys";

const HEIGHT = 116;
const SHOWN = [
  { value: "time", label: "Time" },
  { value: "cost", label: "Cost" },
  { value: "tokens", label: "Tokens" },
  { value: "failed", label: "Failed" },
];

/** The filters of an address as the questions take them. */
export function wishesOf(address: ListAddress): Record<string, string | undefined> {
  return { ...address.filters, text: address.text || undefined };
}

interface Props {
  readonly address: ListAddress;
  /** The same executions within the stretch that was taken, if one was. */
  readonly inView: Pulse | undefined;
}

/** All executions of the time range over time; a stretch of it that is taken narrows the list. */
export function Strip({ address, inView }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const whole = useQuery(
    questionQuery<Pulse>("pulse", wishesOf(address), { range: address.range, from: "", to: "" }),
  );
  const shown = new URLSearchParams(search).get("strip") ?? "time";
  const isTaken = Boolean(address.from || address.to);
  const set = (parts: Record<string, string | null>) => navigate(path + withParts(search, parts));
  const keys = useMemo(
    (): Record<string, () => void> =>
      isTaken ? { Escape: () => navigate(path + withParts(search, { from: null, to: null })) } : {},
    [isTaken, navigate, path, search],
  );
  useKeys(keys);
  return (
    <section className="card" aria-label="Executions over time">
      <div className="hd">
        <h2>{isTaken ? takenWords(address) : "Over time"}</h2>
        {whole.data && (
          <span className="m t12 cut">
            {isTaken && inView ? `${count(inView.executions)} of ` : ""}
            {count(whole.data.executions)} executions, per {axisTime(whole.data.width_ns)}
            {shown === "time" ? ", p50 – p95" : ""}
          </span>
        )}
        <span className="sp" />
        {isTaken && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => set({ from: null, to: null })}
          >
            Clear selection <kbd>Esc</kbd>
          </Button>
        )}
        <SegmentedControl
          size="xs"
          aria-label="What the strip shows"
          value={shown}
          data={SHOWN}
          onChange={(value) =>
            navigate(path + withParts(search, { strip: value === "time" ? null : value }), { replace: true })
          }
        />
      </div>
      <Asked query={whole} what="The strip" heights={[HEIGHT]}>
        {(pulse) => <Picture pulse={pulse} shown={shown} address={address} onTake={set} />}
      </Asked>
    </section>
  );
}

function takenWords({ from, to }: ListAddress): string {
  const at = (time: string) => clockTime(time, Date.now()).replace(/:\d\d$/, "");
  return `${from ? at(from) : "the beginning"} – ${to ? at(to) : "now"}`;
}

interface PictureProps {
  readonly pulse: Pulse;
  readonly shown: string;
  readonly address: ListAddress;
  readonly onTake: (parts: Record<string, string>) => void;
}

function Picture({ pulse, shown, address, onTake }: PictureProps) {
  const places = useMemo(() => pulse.places.map((place) => stripPlace(place, shown)), [pulse, shown]);
  const top = Math.max(0, ...places.map(({ value, high }) => Math.max(value ?? 0, high ?? 0)));
  const [from, to] = [epochMs(address.from), epochMs(address.to)];
  const ends = [epochMs(pulse.from_time), epochMs(pulse.to_time)] as const;
  const selected = address.from || address.to ? ([from || ends[0], to || ends[1]] as const) : null;
  return (
    <TimeStrip
      label="Executions over time"
      places={places}
      step={pulse.width_ns / MILLISECOND}
      selected={selected}
      onSelect={([start, end]) =>
        onTake({ from: new Date(start).toISOString(), to: new Date(end).toISOString() })
      }
      axis={[shown, `to ${topWords(top, shown)}`]}
      top={top}
      table={<Hidden pulse={pulse} />}
    />
  );
}

function stripPlace(place: PulsePlace, shown: string): StripPlace {
  const values: Record<string, number | null> = {
    time: place.p50_ns,
    cost: place.cost_usd,
    tokens: place.tokens,
    failed: place.executions > 0 ? place.failed : null,
  };
  return {
    at: epochMs(place.started_at),
    count: place.executions,
    failed: place.failed,
    value: values[shown] ?? null,
    high: shown === "time" ? place.p95_ns : null,
  };
}

function topWords(top: number, shown: string): string {
  if (shown === "time") return axisTime(top);
  return shown === "cost" ? cost(top) : count(top);
}

function Hidden({ pulse }: { readonly pulse: Pulse }) {
  return (
    <table className="hidden">
      <caption>Executions over time</caption>
      <thead>
        <tr>
          {["From", "Executions", "Failed", "p50", "p95", "Cost", "Tokens"].map((name) => (
            <th key={name}>{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {pulse.places
          .filter(({ executions }) => executions > 0)
          .map((place) => (
            <tr key={place.started_at}>
              <td>{clockTime(place.started_at, 0)}</td>
              <td>{count(place.executions)}</td>
              <td>{count(place.failed)}</td>
              <td>{duration(place.p50_ns)}</td>
              <td>{duration(place.p95_ns)}</td>
              <td>{cost(place.cost_usd)}</td>
              <td>{count(place.tokens)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
