import { toX } from "../lib/layout";
import { type Stage, stageTime } from "../lib/stages";
import { Icon } from "../ui/icons";
import { LABEL_WIDTH } from "./WallTime";
import "./chart.css";

interface Props {
  readonly stages: readonly Stage[];
  /** The end of the axis in ns. */
  readonly end: number;
  readonly now: number | null;
  readonly width: number;
}

const HEIGHT = 12;

/** The stages on the axis of the bars above, and below it each with its time, however short it was. */
export function StageStrip({ stages, end, now, width }: Props) {
  const barWidth = Math.max(10, width - LABEL_WIDTH - 14);
  const x = (ns: number) => toX(ns, { from: 0, to: end }, LABEL_WIDTH, barWidth);
  return (
    <div className="stages">
      <svg width={width} height={HEIGHT + 2} aria-hidden="true">
        <text x={14} y={11} className="axis-name">
          Stages
        </text>
        {stages.map((stage) => {
          if (stage.duration === 0) return null;
          const left = x(stage.offset);
          const right = stage.duration === null ? x(end) : x(stage.offset + stage.duration);
          return (
            <rect
              key={stage.key}
              className={`stage ${stage.trouble.replace(" ", "-")}`}
              x={left + 0.5}
              y={1}
              width={Math.max(right - left - 1, 1)}
              height={HEIGHT}
              rx={2}
            />
          );
        })}
      </svg>
      <ol aria-label="Stages" style={{ paddingLeft: LABEL_WIDTH }}>
        {stages.map((stage) => (
          <li key={stage.key} title={stage.message || undefined}>
            <span className="m">{stage.name}</span>
            <b>{stageTime(stage, now)}</b>
            {stage.duration === null && <span className="info">now</span>}
            {stage.trouble && (
              <span className={stage.trouble === "failed" ? "bad" : "warn"}>
                <Icon name={stage.trouble === "failed" ? "x" : "warn"} size={11} />
                {stage.trouble}
              </span>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
