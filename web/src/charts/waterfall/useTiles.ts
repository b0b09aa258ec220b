import { useMemo } from "react";
import type { Tokens } from "../../ui/theme";
import { makeTiles, type Tiles } from "./tiles";

/** The fills of a canvas, made anew only for another theme or screen density: they take half a millisecond. */
export function useTiles(tokens: Tokens, density: number): Tiles {
  return useMemo(() => {
    const context = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
    return makeTiles(context, tokens, density);
  }, [tokens, density]);
}
