import type { ReactNode } from "react";
import { NONE, UNKNOWN } from "../lib/format";

export interface ShownFigure {
  readonly name: string;
  readonly value: string;
  /** What explains the number, or how it changed. */
  readonly note?: ReactNode;
}

/** Numbers side by side in one card, each with a line that explains it. */
export function FigureRow({
  label,
  figures,
}: {
  readonly label: string;
  readonly figures: readonly ShownFigure[];
}) {
  return (
    <section className="card figure-row" aria-label={label}>
      {figures.map(({ name, value, note }) => (
        <div key={name}>
          <div className="name">{name}</div>
          <div className={value === UNKNOWN || value === NONE ? "value s" : "value"}>{value}</div>
          <div className="t12 m">{note}</div>
        </div>
      ))}
    </section>
  );
}
