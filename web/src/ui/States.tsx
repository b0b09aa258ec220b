import { Button, Skeleton } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { Icon } from "./icons";

/** Nothing is stored yet: one sentence and the lines of code that change it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="state">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** What failed, in words, and what can be done now. */
export function Failed({
  what,
  why,
  onRetry,
}: {
  readonly what: string;
  readonly why: string;
  readonly onRetry: () => void;
}) {
  return (
    <div className="state" role="alert">
      <span className="bad">
        <Icon name="warn" size={22} />
      </span>
      <h2>{what}</h2>
      <p>{why}</p>
      <Button variant="default" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}

/** The final shape in grey, only after 150 ms, so that a quick answer does not flicker. */
export function Waiting({ heights }: { readonly heights: readonly number[] }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  if (!isLate) return <div aria-busy="true" />;
  return (
    <div aria-busy="true" role="status" style={{ display: "flex", flexDirection: "column", gap: 10 }}>
      <span className="hidden">Loading</span>
      {heights.map((height, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the shapes never change place
        <Skeleton key={i} height={height} radius={8} />
      ))}
    </div>
  );
}
