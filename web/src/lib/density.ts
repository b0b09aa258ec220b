// How close together the rows of tables are: chosen on this device, set on the page by `theme.js` before the first paint.

export const DENSITIES = ["comfortable", "compact"] as const;
export type Density = (typeof DENSITIES)[number];

const KEY = "longpole.density";
const ROW_PX: Readonly<Record<Density, number>> = { comfortable: 34, compact: 26 };

/** The one that was chosen; it stays the same while the page is loaded. */
export const DENSITY: Density =
  globalThis.localStorage?.getItem(KEY) === "compact" ? "compact" : "comfortable";

/** The height of a table's row in px; `style.css` has the same. */
export const ROW_HEIGHT = ROW_PX[DENSITY];

/** Shows tables in another density from the next load on. */
export function keepDensity(density: Density): void {
  if (density === "comfortable") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, density);
}
