import { type ReactNode, useEffect, useState } from "react";

interface Props {
  /** What is kept free until then, in px. */
  readonly height: number;
  readonly children: () => ReactNode;
}

let hasPainted = false;

/**
 * What is made, and asked for, when what stands above it is on screen: the first page of a tab shows its figures before
 * the server has six more questions to answer. Later pages have their scripts, and wait for nothing.
 */
export function AfterPaint({ height, children }: Props) {
  const [isDue, setDue] = useState(hasPainted);
  useEffect(() => {
    if (isDue) return undefined;
    // The second frame begins when the first has been painted.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        hasPainted = true;
        setDue(true);
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [isDue]);
  return isDue ? children() : <div style={{ minHeight: height }} aria-busy="true" />;
}
