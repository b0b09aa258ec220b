import { duration } from "../lib/format";
import { type Turn, talkPieces } from "../lib/talk";
import "./chart.css";

export interface ShownTurn extends Turn {
  /** Said by the pointer. */
  readonly label: string;
  readonly hasFailed: boolean;
}

interface Props {
  readonly turns: readonly ShownTurn[];
  readonly width: number;
  /** The place of the turn that is chosen. */
  readonly chosen: number;
  readonly label: string;
  readonly onPick: (turn: number) => void;
}

const TOP = 18;
const HEIGHT = 30;
const EDGE = 14;

/** A conversation on one line: turns are solid and as wide as they took, the user's time is a hatched, shortened gap. */
export function TalkAxis({ turns, width, chosen, label, onPick }: Props) {
  const pieces = talkPieces(turns, Math.max(40, width - 2 * EDGE));
  return (
    <svg width={width} height={TOP + HEIGHT + 20} role="img" aria-label={label} className="talk">
      {pieces.map((piece) => {
        const x = EDGE + piece.x;
        if (piece.kind === "think") {
          return (
            <g key={`think-${piece.turn}`}>
              <title>{`The user took ${duration(piece.duration)}`}</title>
              <rect
                x={x + 1}
                y={TOP + 8}
                width={Math.max(1, piece.width - 2)}
                height={HEIGHT - 16}
                fill="url(#p-idle)"
                stroke="var(--line-2)"
                strokeDasharray="2.5 2"
              />
              {piece.width > 34 && (
                <text x={x + piece.width / 2} y={TOP + HEIGHT + 14} textAnchor="middle" className="axis">
                  {duration(piece.duration)}
                </text>
              )}
            </g>
          );
        }
        const turn = turns[piece.turn];
        const isChosen = piece.turn === chosen;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list below offers the same turns by keyboard
          <g key={`turn-${piece.turn}`} className="path-part" onClick={() => onPick(piece.turn)}>
            <title>{turn?.label}</title>
            <rect
              x={x + 0.5}
              y={TOP}
              width={Math.max(1, piece.width - 1)}
              height={HEIGHT}
              rx={2}
              fill={turn?.hasFailed ? "var(--block)" : "var(--gen)"}
              stroke={isChosen ? "var(--ink)" : undefined}
              strokeWidth={isChosen ? 2 : undefined}
            />
            {turn?.hasFailed && piece.width > 12 && (
              <path
                d={`M${x + piece.width / 2 - 4} ${TOP + 11}l8 8m0-8l-8 8`}
                stroke="var(--card)"
                strokeWidth="1.8"
                strokeLinecap="round"
              />
            )}
            {piece.width > 26 && (
              <text x={x + piece.width / 2} y={TOP - 6} textAnchor="middle" className="axis">
                {piece.turn + 1}
              </text>
            )}
            {piece.width > 48 && (
              <text x={x + piece.width / 2} y={TOP + HEIGHT + 14} textAnchor="middle" className="axis end">
                {piece.duration === null ? "running" : duration(piece.duration)}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
