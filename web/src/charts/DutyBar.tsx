interface Props {
  /** Time of work and time without, in ns. */
  readonly busy: number;
  readonly idle: number;
  readonly width: number;
  readonly label: string;
}

/** A bar of two parts: solid is work, an empty frame is nobody's work. */
export function DutyBar({ busy, idle, width, label }: Props) {
  const whole = busy + idle;
  const own = whole > 0 ? Math.max(busy > 0 ? 1.5 : 0, (busy / whole) * (width - 1)) : 0;
  return (
    <svg width={width} height={9} role="img" aria-label={label}>
      <rect
        x={0.5}
        y={0.5}
        width={width - 1}
        height={8}
        rx={1.5}
        fill="url(#p-idle)"
        stroke="var(--line-2)"
      />
      <rect x={0} y={0} width={own} height={9} rx={1.5} fill="var(--gen)" />
    </svg>
  );
}
