import type { ReactNode } from "react";
import { reasonOf } from "../lib/problem";
import { Failed, Waiting } from "./States";

interface Asking<Data> {
  readonly data: Data | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

interface Props<Data> {
  readonly query: Asking<Data>;
  /** What could not be loaded, as the start of a sentence: "The failures". */
  readonly what: string;
  /** Heights of the cards to come, in px. */
  readonly heights: readonly number[];
  readonly children: (data: Data) => ReactNode;
}

/** An answer on its way: grey shapes, then the answer, or why there is none; an old answer stays and says that it is old. */
export function Asked<Data>({ query, what, heights, children }: Props<Data>) {
  const { data, error } = query;
  if (data !== undefined) {
    return (
      <>
        {error && <div className="note warn">What you see is from before: {reasonOf(error)}</div>}
        {children(data)}
      </>
    );
  }
  if (!error) return <Waiting heights={heights} />;
  return (
    <Failed what={`${what} could not be loaded`} why={reasonOf(error)} onRetry={() => void query.refetch()} />
  );
}
