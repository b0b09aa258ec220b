import { axisTime, duration } from "../lib/format";
import { toX } from "../lib/layout";
import type { PathPart } from "../lib/path";
import { ticks } from "../lib/time";
import { Segment } from "./Patterns";
import { LABEL_WIDTH } from "./WallTime";
import "./chart.css";

interface Props {
  readonly parts: readonly PathPart[];
  /** The end of the axis in ns. */
  readonly end: number;
  readonly width: number;
  readonly onPick: (id: string) => void;
  /** Work beside the path that could have taken longer, at most a few. */
  readonly spare?: readonly SpareWork[];
  /** Times in which the event loop was held. */
  readonly bands?: readonly { readonly from: number; readonly to: number }[];
}

export interface SpareWork {
  readonly id: string;
  readonly name: string;
  readonly offset: number;
  readonly duration: number;
  readonly slack: number;
}

const SPARE_ROW = 11;

interface Group {
  readonly name: string;
  readonly key: string;
  readonly offset: number;
  duration: number;
}

/** Parts that follow each other and belong to one step carry one label. */
function groupsOf(parts: readonly PathPart[]): Group[] {
  const groups: Group[] = [];
  let last: (Group & { id?: string }) | undefined;
  for (const part of parts) {
    if (last && last.id === part.id && last.offset + last.duration === part.offset)
      last.duration += part.duration;
    else {
      last = {
        name: part.name,
        id: part.id,
        key: `${part.id}-${part.offset}`,
        offset: part.offset,
        duration: part.duration,
      };
      groups.push(last);
    }
  }
  return groups;
}

const SIGN = 6.3;
const FEWEST_SIGNS = 8;

/** The labels that fit, by group: the longest parts first, none over another, long names cut to their part's width. */
function labelled(groups: readonly Group[], x: (ns: number) => number): ReadonlyMap<string, string> {
  const taken: (readonly [number, number])[] = [];
  const chosen = new Map<string, string>();
  const signsOf = (group: Group) =>
    Math.floor((x(group.offset + group.duration) - x(group.offset) - 8) / SIGN);
  // Few of 50,000 parts have room for a label: sorting all of them takes 0.1 s.
  const roomy = groups.filter(
    (group) => signsOf(group) >= Math.min(Math.max(group.name.length, 6), FEWEST_SIGNS),
  );
  for (const group of roomy.sort((a, b) => b.duration - a.duration)) {
    const from = x(group.offset);
    const signs = signsOf(group);
    const label = group.name.length > signs ? `${group.name.slice(0, signs - 1).trimEnd()}…` : group.name;
    const to = from + 12 + Math.max(label.length, 6) * SIGN;
    if (taken.some(([a, b]) => from < b && to > a)) continue;
    taken.push([from, to]);
    chosen.set(group.key, label);
  }
  return chosen;
}

/** Parts that would lie on one pixel are drawn once: a path may have 50,000 of them. */
function wideEnough(parts: readonly PathPart[], x: (ns: number) => number): PathPart[] {
  let last = Number.NEGATIVE_INFINITY;
  return parts.filter((part) => {
    const right = x(part.offset + part.duration);
    if (right < last + 1) return false;
    last = right;
    return true;
  });
}

const MOST_WORDS = 30;

function inWords(groups: readonly Group[]): string {
  const said = groups.slice(0, MOST_WORDS).map((group) => `${group.name} ${duration(group.duration)}`);
  const rest = groups.length > MOST_WORDS ? `, and ${groups.length - MOST_WORDS} more` : "";
  return `Critical path: ${said.join(", ")}${rest}`;
}

/** The critical path in order of time on the same axis as the share bar; the ink line under it is the path. */
export function PathStrip({ parts, end, width, onPick, spare = [], bands = [] }: Props) {
  const barWidth = Math.max(10, width - LABEL_WIDTH - 14);
  const x = (ns: number) => toX(ns, { from: 0, to: end }, LABEL_WIDTH, barWidth);
  const groups = groupsOf(parts);
  const labels = labelled(groups, x);
  const top = TOP;
  const pathEnd = parts.reduce((last, part) => Math.max(last, part.offset + part.duration), 0);
  const below = spare.length > 0 ? spare.length * SPARE_ROW + 3 : 0;
  const foot = top + 42 + below;
  const marks = ticks(0, end, barWidth / 110).filter((at) => x(end) - x(at) > 52 || at === 0);
  return (
    <svg width={width} height={80 + below} role="img" aria-label={inWords(groups)}>
      <text x={14} y={top + 10} className="axis-name">
        Critical
      </text>
      <text x={14} y={top + 24} className="axis-name">
        path
      </text>
      {wideEnough(parts, x).map((part) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: the waterfall offers the same step by keyboard
        <g key={`${part.id}-${part.offset}`} className="path-part" onClick={() => onPick(part.id)}>
          <title>{`${part.name}, ${duration(part.duration)}`}</title>
          <Segment
            x={x(part.offset)}
            y={top}
            width={x(part.offset + part.duration) - x(part.offset)}
            height={20}
            kind={part.kind}
          />
        </g>
      ))}
      <rect
        x={x(0)}
        y={top + 21.5}
        width={Math.max(1, x(pathEnd) - x(0))}
        height={2.5}
        rx={1}
        fill="var(--pole)"
      />
      {bands.map((band) => (
        <rect
          key={band.from}
          x={x(band.from)}
          y={top}
          width={Math.max(1, x(band.to) - x(band.from))}
          height={below + 26}
          fill="var(--band)"
          stroke="var(--band-line)"
          strokeDasharray="4 3"
          pointerEvents="none"
        />
      ))}
      {spare.map((work, i) => (
        <Spare key={work.id} work={work} x={x} y={top + 28 + i * SPARE_ROW} onPick={onPick} />
      ))}
      {groups
        .filter((group) => labels.has(group.key))
        .map((group) => (
          <Label
            key={group.key}
            name={labels.get(group.key) ?? ""}
            duration={group.duration}
            x={x(group.offset)}
          />
        ))}
      {marks.map((at) => (
        <text key={at} x={x(at)} y={foot} className="axis" textAnchor={at === 0 ? "start" : "middle"}>
          {axisTime(at)}
        </text>
      ))}
      <text x={x(end)} y={foot} className="axis end" textAnchor="end">
        {duration(end)}
      </text>
    </svg>
  );
}

interface SpareProps {
  readonly work: SpareWork;
  readonly x: (ns: number) => number;
  readonly y: number;
  readonly onPick: (id: string) => void;
}

/** A step beside the path: its name, its time, and dotted the time that it could have taken more. */
function Spare({ work, x, y, onPick }: SpareProps) {
  const [from, to] = [x(work.offset), x(work.offset + work.duration)];
  const until = x(work.offset + work.duration + work.slack);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the waterfall offers the same step by keyboard
    <g className="slack-line path-part" onClick={() => onPick(work.id)}>
      <title>{`${work.name}, ${duration(work.duration)}, could have taken ${duration(work.slack)} more`}</title>
      <text x={from - 6} y={y + 7} textAnchor="end" className="slack-name">
        {work.name}
      </text>
      <rect x={from} y={y + 1.5} width={Math.max(1, to - from)} height={5} rx={2} className="bar" />
      <line x1={to} x2={until} y1={y + 4} y2={y + 4} className="spare" />
      <line x1={until} x2={until} y1={y} y2={y + 8} stroke="var(--subtle)" />
      <text x={until + 5} y={y + 7} className="slack-name">
        slack {duration(work.slack)}
      </text>
    </g>
  );
}

const TOP = 30;

interface LabelProps {
  readonly name: string;
  readonly duration: number;
  readonly x: number;
}

function Label({ name, duration: ns, x }: LabelProps) {
  return (
    <g pointerEvents="none">
      <line x1={x} x2={x} y1={6} y2={TOP + 24} stroke="var(--card)" strokeWidth={3} />
      <line x1={x} x2={x} y1={8} y2={TOP + 24} stroke="var(--line-2)" />
      <text x={x + 5} y={13} className="part">
        {name}
      </text>
      <text x={x + 5} y={26} className="part-time">
        {duration(ns)}
      </text>
    </g>
  );
}
