import { axisTime, duration, signed } from "../lib/format";
import { toX } from "../lib/layout";
import type { PathPart } from "../lib/path";
import { ticks } from "../lib/time";
import { type Ribbon, ribbonsOf, type Stretch, stretchesOf } from "../lib/twoPaths";
import { Segment } from "./Patterns";
import "./chart.css";

export interface PathSide {
  readonly label: string;
  readonly total: number;
  readonly parts: readonly PathPart[];
}

interface Props {
  readonly a: PathSide;
  readonly b: PathSide;
  /** For the id of a step of `a`, that of the same step of `b`. */
  readonly partnerOf: ReadonlyMap<string, string>;
  readonly width: number;
}

const LEFT = 96;
const TOP = 40;
const BAR = 22;
const BETWEEN = 66;
const LOWER = TOP + BAR + BETWEEN;
const HEIGHT = LOWER + BAR + 62;
const SIGN = 6.4;
/** A ribbon is coloured from this share of the whole difference on. */
const LARGE = 0.1;

/** Two critical paths from the same start: the same step is joined by a ribbon, red where B took much longer. */
export function TwoPaths({ a, b, partnerOf, width }: Props) {
  const end = Math.max(a.total, b.total, 1);
  const barWidth = Math.max(40, width - LEFT - 16);
  const x = (ns: number) => toX(ns, { from: 0, to: end }, LEFT, barWidth);
  const [above, below] = [stretchesOf(a.parts), stretchesOf(b.parts)];
  const ribbons = ribbonsOf(above, below, partnerOf);
  const marks = ticks(0, end, barWidth / 110);
  const least = Math.abs(b.total - a.total) * LARGE;
  return (
    <svg
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={`A took ${duration(a.total)}, B took ${duration(b.total)}; the steps are in the table below`}
    >
      {marks.map((at) => (
        <g key={at}>
          <path d={`M${x(at)} ${TOP - 6}V${HEIGHT - 18}`} stroke="var(--grid)" />
          <text x={x(at)} y={HEIGHT - 5} className="axis" textAnchor={at === 0 ? "start" : "middle"}>
            {axisTime(at)}
          </text>
        </g>
      ))}
      {ribbons.map((ribbon) => (
        <RibbonShape
          key={ribbon.key}
          ribbon={ribbon}
          x={x}
          isLarge={Math.abs(ribbon.change) >= least && least > 0}
        />
      ))}
      <Strip side={a} stretches={above} x={x} top={TOP} isAbove />
      <Strip side={b} stretches={below} x={x} top={LOWER} isAbove={false} />
      <Later a={a.total} b={b.total} x={x} />
    </svg>
  );
}

interface StripProps {
  readonly side: PathSide;
  readonly stretches: readonly Stretch[];
  readonly x: (ns: number) => number;
  readonly top: number;
  readonly isAbove: boolean;
}

function Strip({ side, stretches, x, top, isAbove }: StripProps) {
  const textTop = isAbove ? top - 21 : top + BAR + 17;
  return (
    <>
      <text x={14} y={top + 10} className="axis-name">
        {side.label}
      </text>
      <text x={14} y={top + 25} className="part-time">
        {duration(side.total)}
      </text>
      {side.parts.map((part) => (
        <g key={`${part.id} ${part.offset}`}>
          <title>{`${part.name}, ${duration(part.duration)}`}</title>
          <Segment
            x={x(part.offset)}
            y={top}
            width={x(part.offset + part.duration) - x(part.offset)}
            height={BAR}
            kind={part.kind}
          />
        </g>
      ))}
      <rect
        x={x(0)}
        y={top + BAR + 1.5}
        width={Math.max(1, x(side.total) - x(0))}
        height={2.5}
        rx={1}
        fill="var(--pole)"
      />
      {stretches.map((stretch) => {
        const from = x(stretch.offset);
        const signs = Math.floor((x(stretch.offset + stretch.duration) - from - 6) / SIGN);
        if (signs < 5) return null;
        const name = stretch.name.length > signs ? `${stretch.name.slice(0, signs - 1)}…` : stretch.name;
        return (
          <g key={stretch.key}>
            <path
              d={isAbove ? `M${from} ${top - 30}V${top}` : `M${from} ${top + BAR + 4}V${top + BAR + 32}`}
              stroke="var(--line-2)"
            />
            <text x={from + 4} y={textTop} className="part">
              {name}
            </text>
            <text x={from + 4} y={textTop + 13} className="part-time">
              {duration(stretch.duration)}
            </text>
          </g>
        );
      })}
    </>
  );
}

interface RibbonProps {
  readonly ribbon: Ribbon;
  readonly x: (ns: number) => number;
  readonly isLarge: boolean;
}

function RibbonShape({ ribbon, x, isLarge }: RibbonProps) {
  const { a, b, change, name } = ribbon;
  const top = TOP + BAR + 5;
  const foot = LOWER - 1;
  const middle = (top + foot) / 2;
  const [a0, a1] = [x(a.offset), x(a.offset + a.duration)];
  const [b0, b1] = [x(b.offset), x(b.offset + b.duration)];
  const shape = `M${a0} ${top}L${a1} ${top}C${a1} ${middle} ${b1} ${middle} ${b1} ${foot}L${b0} ${foot}C${b0} ${middle} ${a0} ${middle} ${a0} ${top}Z`;
  const tone = change > 0 ? "bad" : "good";
  return (
    <g>
      <title>{`${name} ${signed(change, duration)}`}</title>
      <path
        d={shape}
        fill={isLarge ? `var(--${tone}-bg)` : "var(--sunk)"}
        stroke={isLarge ? `var(--${tone})` : "var(--line-2)"}
        strokeWidth={isLarge ? 1 : 0.7}
        fillOpacity={0.8}
      />
      {isLarge && (
        <text x={(a0 + a1 + b0 + b1) / 4} y={middle + 4} textAnchor="middle" className={`part ${tone}-text`}>
          {signed(change, duration)}
        </text>
      )}
    </g>
  );
}

/** How much later one of them ended, as a line from end to end. */
function Later({ a, b, x }: { readonly a: number; readonly b: number; readonly x: (ns: number) => number }) {
  const change = b - a;
  const [from, to] = [x(Math.min(a, b)), x(Math.max(a, b))];
  if (to - from < 70) return null;
  const y = (change > 0 ? TOP : LOWER) + BAR / 2;
  const tone = change > 0 ? "bad" : "good";
  return (
    <g>
      <path d={`M${from + 4} ${y}H${to}M${to} ${y - 8}v16`} stroke={`var(--${tone})`} strokeDasharray="3 3" />
      <text x={(from + to) / 2} y={y - 6} textAnchor="middle" className={`part ${tone}-text`}>
        {`B ${duration(Math.abs(change))} ${change > 0 ? "later" : "sooner"}`}
      </text>
    </g>
  );
}
