import { useComputedColorScheme } from "@mantine/core";
import { type Scheme, type Tokens, tokensOf } from "./theme";

/** The scheme on screen; before the first paint `theme.js` has chosen the same. */
export function useScheme(): Scheme {
  return useComputedColorScheme("light", { getInitialValueInEffect: false });
}

/** The colours on screen, for what is drawn by hand. */
export function useTokens(): Tokens {
  return tokensOf(useScheme());
}
