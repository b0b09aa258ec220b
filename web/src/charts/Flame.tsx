import { useMemo } from "react";
import { type Frame, framesIn } from "../lib/flame";
import { count, duration, percent } from "../lib/format";
import { Segment } from "./Patterns";
import { useWidth } from "./useWidth";
import "./chart.css";

interface Props {
  readonly frames: readonly Frame[];
  /** The frame that fills the width; everything if none. */
  readonly zoomed: Frame | undefined;
  readonly onZoom: (frame: Frame) => void;
  /** A double click on a frame, or Shift and Enter. */
  readonly onPick: (frame: Frame) => void;
}

const ROW = 19;
const SIGN = 6.2;
/** Narrower frames are not drawn, in px. */
const LEAST = 0.6;

/** Frames under each other, as wide as their time. Only those that can be seen are drawn: 50,000 steps are some thousand frames. */
export function Flame({ frames, zoomed, onZoom, onPick }: Props) {
  const [measure, width] = useWidth(1200);
  const inner = Math.max(10, width - 28);
  const from = zoomed?.from ?? 0;
  const to = Math.max(zoomed?.to ?? frames.reduce((most, frame) => Math.max(most, frame.to), 1), from + 1);
  const shown = useMemo(
    () => framesIn(frames, from, to, ((to - from) / inner) * LEAST),
    [frames, from, to, inner],
  );
  const rows = shown.reduce((most, frame) => Math.max(most, frame.row + 1), 1);
  const x = (at: number) => 14 + (Math.min(Math.max(at, from), to) - from) * (inner / (to - from));
  return (
    <div ref={measure} className="flame-frame">
      <svg width={width} height={rows * ROW + 12}>
        <title>{`Flame of ${count(frames.length)} frames`}</title>
        {shown.map((frame) => {
          const own = x(frame.to) - x(frame.from);
          const times = frame.count > 1 ? ` ×${frame.count}` : "";
          const label = `${frame.name}${times}`;
          const words = `${label}, ${duration(frame.to - frame.from)}, ${percent(Math.min(1, (frame.to - frame.from) / (to - from)))}`;
          const signs = Math.floor((own - 8) / SIGN);
          return (
            // biome-ignore lint/a11y/useSemanticElements: HTML has no button inside a picture
            <g
              key={`${frame.id}-${frame.row}-${frame.from}`}
              role="button"
              tabIndex={own > 24 ? 0 : -1}
              className="flame-part"
              onClick={() => onZoom(frame)}
              onDoubleClick={() => onPick(frame)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                if (event.shiftKey) onPick(frame);
                else onZoom(frame);
              }}
            >
              <title>{words}</title>
              <Piece
                x={x(frame.from)}
                y={4 + frame.row * ROW}
                width={Math.max(own - 0.8, LEAST)}
                height={ROW - 2}
                frame={frame}
              />
              {signs >= 3 && (
                <text x={x(frame.from) + 4} y={4 + frame.row * ROW + 12.5} className="flame-name">
                  {label.slice(0, signs)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

interface PieceProps {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly frame: Frame;
}

/** What contains others is hollow; what works or waits itself has the fill of its kind. */
function Piece({ frame, ...place }: PieceProps) {
  if (!frame.isContainer) return <Segment {...place} kind={frame.kind} radius={1} />;
  return <rect {...place} rx={2} className="flame-container" />;
}
