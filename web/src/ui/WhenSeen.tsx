import { type ReactNode, useCallback, useState } from "react";

interface Props {
  /** What is kept free until then, in px. */
  readonly height: number;
  readonly children: () => ReactNode;
}

/** What is made, and asked for, only when it comes near the window. */
export function WhenSeen({ height, children }: Props) {
  const [isSeen, setSeen] = useState(false);
  const watch = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: "300px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  if (isSeen) return <>{children()}</>;
  return <div ref={watch} style={{ minHeight: height }} aria-busy="true" />;
}
