import { useQuery } from "@tanstack/react-query";
import { coverageQuery } from "../../api/queries";
import type { Coverage, Gap, UntimedOperation } from "../../api/views.gen";
import { Segment } from "../../charts/Patterns";
import { useWidth } from "../../charts/useWidth";
import { axisTime, counted, duration, percent, UNKNOWN } from "../../lib/format";
import { toX } from "../../lib/layout";
import { reasonOf } from "../../lib/problem";
import { ticks } from "../../lib/time";
import { Failed, Waiting } from "../../ui/States";

interface Props {
  readonly executionId: string;
  readonly isRunning: boolean;
  readonly onPick: (id: string) => void;
}

/** Every stretch of time that no step explains, and every operation without times. */
export function CoverageTab({ executionId, isRunning, onPick }: Props) {
  const query = useQuery(coverageQuery(executionId, isRunning));
  const coverage = query.data;
  if (coverage) return <Shown coverage={coverage} onPick={onPick} />;
  if (!query.error) return <Waiting heights={[40, 160]} />;
  return (
    <Failed
      what="The coverage could not be loaded"
      why={reasonOf(query.error)}
      onRetry={() => query.refetch()}
    />
  );
}

function Shown({ coverage, onPick }: { readonly coverage: Coverage } & Pick<Props, "onPick">) {
  const [measure, width] = useWidth(1200);
  const limit = duration(coverage.gap_ns);
  return (
    <div ref={measure} className="coverage">
      <p className="sentence">
        <b>
          {percent(coverage.share)} of {duration(coverage.duration_ns)} explained
          {coverage.is_running ? " so far" : ""}.
        </b>{" "}
        <span className="m">
          {coverage.gaps.length === 0
            ? `No gap over ${limit}`
            : `${counted(coverage.gaps.length, "gap")} over ${limit}`}
          {coverage.largest_gap_ns === null ? "" : `, the longest ${duration(coverage.largest_gap_ns)}`}.{" "}
          {coverage.timed} of {counted(coverage.operations, "operation")} timed.
        </span>
      </p>
      {coverage.duration_ns > 0 && <GapBar coverage={coverage} width={width} onPick={onPick} />}
      {coverage.gaps.length > 0 && <GapTable gaps={coverage.gaps} onPick={onPick} />}
      {coverage.untimed.length > 0 && <UntimedTable untimed={coverage.untimed} onPick={onPick} />}
    </div>
  );
}

const EDGE = 14;

function GapBar({
  coverage,
  width,
  onPick,
}: { readonly coverage: Coverage; readonly width: number } & Pick<Props, "onPick">) {
  const end = coverage.duration_ns;
  const barWidth = Math.max(10, width - 2 * EDGE);
  const x = (ns: number) => toX(ns, { from: 0, to: end }, EDGE, barWidth);
  const marks = ticks(0, end, barWidth / 110).filter((at) => x(end) - x(at) > 52 || at === 0);
  const said = coverage.gaps.slice(0, 30).map((gap) => `${duration(gap.duration_ns)} in ${gap.inside}`);
  return (
    <svg
      width={width}
      height={42}
      role="img"
      aria-label={said.length > 0 ? `Gaps: ${said.join(", ")}` : "No gaps"}
    >
      <rect x={EDGE} y={3} width={barWidth} height={18} rx={2} className="explained" />
      {coverage.gaps.map((gap) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: the table offers the same by keyboard
        <g key={keyOf(gap)} className="path-part" onClick={() => onPick(gap.inside_id)}>
          <title>{`${gap.inside}, ${duration(gap.duration_ns)}`}</title>
          <rect
            x={x(gap.offset_ns)}
            y={2}
            width={Math.max(x(gap.offset_ns + gap.duration_ns) - x(gap.offset_ns), 1)}
            height={20}
            fill="var(--card)"
          />
          <Segment
            x={x(gap.offset_ns)}
            y={3}
            width={x(gap.offset_ns + gap.duration_ns) - x(gap.offset_ns)}
            height={18}
            kind="unexplained"
          />
        </g>
      ))}
      {marks.map((at) => (
        <text key={at} x={x(at)} y={36} className="axis" textAnchor={at === 0 ? "start" : "middle"}>
          {axisTime(at)}
        </text>
      ))}
      <text x={x(end)} y={36} className="axis end" textAnchor="end">
        {duration(end)}
      </text>
    </svg>
  );
}

const keyOf = (gap: Gap) => `${gap.inside_id}-${gap.offset_ns}`;

function GapTable({ gaps, onPick }: { readonly gaps: readonly Gap[] } & Pick<Props, "onPick">) {
  return (
    <div className="scroll">
      <table className="table">
        <thead>
          <tr>
            <th className="r">After</th>
            <th className="r">Gap</th>
            <th>Inside</th>
            <th>Between</th>
            <th>Stage</th>
            <th style={{ width: "36%" }}>Code</th>
          </tr>
        </thead>
        <tbody>
          {gaps.map((gap) => (
            <tr key={keyOf(gap)} className="click" onClick={() => onPick(gap.inside_id)}>
              <td className="r">{duration(gap.offset_ns)}</td>
              <td className="r" style={{ fontWeight: 550 }}>
                {duration(gap.duration_ns)}
              </td>
              <td>
                <button type="button" className="more" onClick={() => onPick(gap.inside_id)}>
                  {gap.inside}
                </button>
              </td>
              <td>{between(gap)}</td>
              <td className={gap.stage ? "" : "s"}>{gap.stage?.replaceAll("_", " ") ?? "–"}</td>
              <td className="m mono">{codeOf(gap)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function between({ before, after }: Gap) {
  if (before === null && after === null) return <span className="s">no step at all</span>;
  return (
    <>
      {before ?? <span className="s">its start</span>} <span className="s">→</span>{" "}
      {after ?? <span className="s">its end</span>}
    </>
  );
}

function codeOf({ code_file, code_line, code_function }: Gap): string {
  if (!code_file) return code_function ?? UNKNOWN;
  return code_line === null ? code_file : `${code_file}:${code_line}`;
}

const WHY: Readonly<Record<string, string>> = {
  open: "still open",
  unended: "its end was never sent",
  no_parent: "the step above it never arrived",
};

function UntimedTable({
  untimed,
  onPick,
}: { readonly untimed: readonly UntimedOperation[] } & Pick<Props, "onPick">) {
  return (
    <div className="scroll">
      <table className="table">
        <thead>
          <tr>
            <th className="r">After</th>
            <th>Without times</th>
            <th style={{ width: "60%" }}>Because</th>
          </tr>
        </thead>
        <tbody>
          {untimed.map((operation) => (
            <tr key={operation.span_id} className="click" onClick={() => onPick(operation.span_id)}>
              <td className="r">{duration(operation.offset_ns)}</td>
              <td>
                <button type="button" className="more" onClick={() => onPick(operation.span_id)}>
                  {operation.name}
                </button>
              </td>
              <td className="m">{WHY[operation.reason] ?? operation.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
