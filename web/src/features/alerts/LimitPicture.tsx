import type { RulePreview } from "../../api/views.gen";
import { linePath, topOf } from "../../lib/line";
import { offsetBetween } from "../../lib/time";

interface Props {
  readonly preview: RulePreview;
  readonly width: number;
  readonly height: number;
}

/** The watched value over time, a line for each subject, with the limit dashed and when the rule would have fired. */
export function LimitPicture({ preview, width, height }: Props) {
  const lines = preview.lines.filter((line) => line.values.some((value) => value !== null));
  if (lines.length === 0) return <span className="m t12">Too little ran for the value to be known.</span>;
  const top = topOf(
    lines.map((line) => line.values),
    preview.limit,
  );
  const limit = height - (preview.limit / top) * height;
  const span = offsetBetween(preview.from_time, preview.to_time) || 1;
  const x = (time: string) => (offsetBetween(preview.from_time, time) / span) * width;
  const times = preview.fired === 1 ? "once" : `${preview.fired} times`;
  return (
    <svg
      width={width}
      height={height + 12}
      viewBox={`0 -6 ${width} ${height + 12}`}
      role="img"
      aria-label={`Limit ${preview.limit_text}; ${preview.fired === 0 ? "never fired" : `fired ${times}`}`}
    >
      {preview.episodes.map((episode) => (
        <rect
          key={`${episode.subject} ${episode.fired_at}`}
          x={x(episode.fired_at)}
          y={-4}
          width={Math.max(2, x(episode.cleared_at ?? preview.to_time) - x(episode.fired_at))}
          height={height + 8}
          fill="var(--bad-bg)"
        />
      ))}
      <path d={`M0 ${height}H${width}`} stroke="var(--line)" />
      {lines.map((line) => (
        <path
          key={line.subject}
          d={linePath(line.values, width, height, top)}
          fill="none"
          stroke="var(--gen)"
          strokeWidth="1.4"
          strokeLinejoin="round"
          opacity={lines.length > 1 ? 0.7 : 1}
        >
          <title>{line.subject}</title>
        </path>
      ))}
      <path d={`M0 ${limit}H${width}`} stroke="var(--bad)" strokeDasharray="4 3" />
    </svg>
  );
}
