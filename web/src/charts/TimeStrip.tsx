import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { clockTicks, tickWords } from "../lib/clockTicks";
import "./strip.css";
import { useWidth } from "./useWidth";

export interface StripPlace {
  /** When it begins, in ms since 1970. */
  readonly at: number;
  readonly count: number;
  readonly failed: number;
  /** What the lower line shows. */
  readonly value: number | null;
  /** The upper edge of a band over it. */
  readonly high: number | null;
}

type Range = readonly [number, number];

interface Props {
  readonly label: string;
  readonly places: readonly StripPlace[];
  /** How long a place is, in ms. */
  readonly step: number;
  readonly selected: Range | null;
  readonly onSelect: (range: Range) => void;
  /** Two lines: what the lower picture is, and its highest value. */
  readonly axis: readonly [string, string];
  readonly top: number;
  readonly table: ReactNode;
}

const LEFT = 58;
const RIGHT = 12;
const COUNT_BASE = 46;
const COUNT_HEIGHT = 38;
const VALUE_TOP = 54;
const VALUE_BASE = 96;
const HEIGHT = 116;
/** A press that moves less is a click: it takes the place beneath it. */
const CLICK_PX = 4;

/** Counts over time with a line below them; a click or a drag takes a stretch of it, and so do arrows and Enter. */
export function TimeStrip(props: Props) {
  const { label, places, step, selected, onSelect, table } = props;
  const [ref, width] = useWidth(1180);
  const picture = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<Range | null>(null);
  const [cursor, setCursor] = useState(-1);
  const start = places[0]?.at ?? 0;
  const end = start + places.length * step;
  const inner = Math.max(1, width - LEFT - RIGHT);
  const x = (at: number) => LEFT + ((at - start) / Math.max(1, end - start)) * inner;
  const timeOf = (event: PointerEvent) => {
    const left = picture.current?.getBoundingClientRect().left ?? 0;
    return start + Math.min(1, Math.max(0, (event.clientX - left - LEFT) / inner)) * (end - start);
  };
  const placeOf = (at: number) => Math.min(places.length - 1, Math.max(0, Math.floor((at - start) / step)));
  const take = (from: number, to: number) => {
    const [first, last] = [placeOf(Math.min(from, to)), placeOf(Math.max(from, to) - 1)];
    onSelect([start + first * step, start + (Math.max(first, last) + 1) * step]);
  };
  const onUp = (event: PointerEvent) => {
    if (!drag) return;
    setDrag(null);
    const at = timeOf(event);
    if (Math.abs(x(at) - x(drag[0])) < CLICK_PX) take(drag[0], drag[0] + 1);
    else take(drag[0], at);
  };
  const onKey = (event: KeyboardEvent) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (move) setCursor(Math.min(places.length - 1, Math.max(0, cursor + move)));
    else if (event.key === "Enter" && cursor >= 0) take(start + cursor * step, start + (cursor + 1) * step);
    else return;
    event.preventDefault();
  };
  const shown = drag ?? selected;
  return (
    <figure className="strip" ref={ref}>
      <svg
        ref={picture}
        width={width}
        height={HEIGHT}
        role="application"
        aria-label={`${label}; arrows move, Enter takes a stretch`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is operated by keys
        tabIndex={0}
        onKeyDown={onKey}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([timeOf(event), timeOf(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], timeOf(event)])}
        onPointerUp={onUp}
      >
        <Axis {...props} x={x} range={[start, end]} inner={inner} />
        {shown && <Selected from={x(Math.min(...shown))} to={x(Math.max(...shown))} />}
        <Counts places={places} x={x} step={step} />
        <Line places={places} x={x} step={step} top={props.top} />
        {cursor >= 0 && (
          <rect
            className="strip-cursor"
            x={x(start + cursor * step)}
            width={inner / Math.max(1, places.length)}
            y={4}
            height={VALUE_BASE - 4}
          />
        )}
      </svg>
      {table}
    </figure>
  );
}

interface PartProps {
  readonly places: readonly StripPlace[];
  readonly x: (at: number) => number;
  readonly step: number;
}

function Counts({ places, x, step }: PartProps) {
  const most = Math.max(1, ...places.map(({ count }) => count));
  return places.map(({ at, count, failed }) => {
    if (count === 0) return null;
    const height = Math.max(1.5, (count / most) * COUNT_HEIGHT);
    const bad = failed > 0 ? Math.max(1.5, (failed / most) * COUNT_HEIGHT) : 0;
    const width = Math.max(1, x(at + step) - x(at) - 1);
    return (
      <g key={at}>
        <rect
          x={x(at)}
          width={width}
          y={COUNT_BASE - height}
          height={height}
          fill="var(--gen)"
          opacity="0.75"
        />
        {bad > 0 && <rect x={x(at)} width={width} y={COUNT_BASE - bad} height={bad} fill="var(--block)" />}
      </g>
    );
  });
}

function Line({ places, x, step, top }: PartProps & { readonly top: number }) {
  const y = (value: number) =>
    VALUE_BASE - Math.min(1, value / Math.max(top, 1e-12)) * (VALUE_BASE - VALUE_TOP);
  const known = places.filter(({ value }) => value !== null);
  const middle = (place: StripPlace) => x(place.at + step / 2).toFixed(1);
  const low = known.map((place) => `${middle(place)} ${y(place.value ?? 0).toFixed(1)}`);
  const banded = known.filter(({ high }) => high !== null);
  const high = banded.map((place) => `${middle(place)} ${y(place.high ?? 0).toFixed(1)}`);
  const back = banded.toReversed().map((place) => `${middle(place)} ${y(place.value ?? 0).toFixed(1)}`);
  return (
    <>
      {high.length > 1 && (
        <path d={`M${high.join("L")}L${back.join("L")}Z`} fill="var(--gen)" opacity="0.15" />
      )}
      {low.length > 1 && <path d={`M${low.join("L")}`} fill="none" stroke="var(--gen)" strokeWidth="1.6" />}
      {low.length === 1 && known[0] && (
        <circle cx={middle(known[0])} cy={y(known[0].value ?? 0)} r="2" fill="var(--gen)" />
      )}
    </>
  );
}

function Selected({ from, to }: { readonly from: number; readonly to: number }) {
  return (
    <rect
      className="strip-selected"
      x={from}
      width={Math.max(1, to - from)}
      y={4}
      height={VALUE_BASE - 4}
      rx={2}
    />
  );
}

interface AxisProps extends Props {
  readonly x: (at: number) => number;
  readonly range: Range;
  readonly inner: number;
}

function Axis({ axis, x, range, inner }: AxisProps) {
  const [start, end] = range;
  const marks = clockTicks(start, end, inner / 90);
  return (
    <g className="strip-axis">
      <text x={LEFT - 8} y={20} textAnchor="end">
        count
      </text>
      <text x={LEFT - 8} y={VALUE_TOP + 16} textAnchor="end">
        {axis[0]}
      </text>
      <text x={LEFT - 8} y={VALUE_TOP + 29} textAnchor="end">
        {axis[1]}
      </text>
      <line x1={LEFT} x2={LEFT + inner} y1={COUNT_BASE + 0.5} y2={COUNT_BASE + 0.5} />
      {marks.map((at) => (
        <g key={at}>
          <line x1={x(at)} x2={x(at)} y1={4} y2={VALUE_BASE} />
          <text x={x(at)} y={HEIGHT - 5} textAnchor={x(at) > LEFT + inner - 20 ? "end" : "middle"}>
            {tickWords(at)}
          </text>
        </g>
      ))}
    </g>
  );
}
