import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  /** One sentence beside the title. */
  readonly note?: ReactNode;
  /** What chooses what is shown: filters, the time range. */
  readonly children?: ReactNode;
}

/** The first line of a page: its name, what it says, and what chooses it. */
export function PageHead({ title, note, children }: Props) {
  return (
    <div className="page-head">
      <h1>{title}</h1>
      {note && <span className="m t12 cut">{note}</span>}
      <span className="sp" />
      {children}
    </div>
  );
}
