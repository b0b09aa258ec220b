import { createContext } from "react";

/** Loads the example; without it the page offers none. Rejects with the reason when it cannot. */
export const LoadExample = createContext<(() => Promise<unknown>) | null>(null);
