import { useEffect, useState } from "react";

/** The present in ms since 1970, four times a second while it is wanted. */
export function useTick(isWanted: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isWanted) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [isWanted]);
  return now;
}
