import type { ECharts, EChartsOption } from "echarts";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Icon } from "../ui/icons";
import { saveAddress } from "../ui/saveFile";
import { useTokens } from "../ui/useTokens";
import { chartLook } from "./chartTheme";
import { useHeld } from "./useHeld";

/** The same numbers for people who do not see the picture. */
export interface ChartTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ReactNode[])[];
}

export interface Selection {
  /** In the units of the axes; null on an axis that is not selected on. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number] | null;
}

interface Props {
  /** What the picture shows, in words. */
  readonly label: string;
  readonly height: number;
  /** Merged over the look that all charts share. Keep it in `useMemo`: a new one draws anew. */
  readonly option: EChartsOption;
  readonly table: ChartTable;
  /** What can be drawn over the picture to select: a rectangle, or a stretch of the x axis; the option names a `brush`. */
  readonly selects?: "rect" | "lineX";
  /** Called when somebody has drawn it, null when it was taken away. */
  readonly onSelect?: (selection: Selection | null) => void;
  /** Called with the series' name and the index of the point that was clicked. */
  readonly onPick?: (series: string, index: number) => void;
}

interface BrushEnd {
  readonly areas: readonly { readonly coordRange: unknown }[];
}

/** A chart by ECharts, which is loaded with the first of them; never wider than its place, drawn anew with the theme. */
export function Chart({ label, height, option, table, selects, onSelect, onPick }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<ECharts | null>(null);
  const tokens = useTokens();
  const isHeld = useHeld(place);
  const heard = useRef({ onSelect, onPick });
  heard.current = { onSelect, onPick };

  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let made: ECharts | null = null;
    let isGone = false;
    const watch = new ResizeObserver(() => made?.resize());
    import("./echarts").then(({ init }) => {
      if (isGone) return;
      made = init(element) as unknown as ECharts;
      made.on("click", (event) => heard.current.onPick?.(event.seriesName ?? "", event.dataIndex ?? -1));
      made.on("brushEnd", (event) => heard.current.onSelect?.(selectionOf(event as unknown as BrushEnd)));
      watch.observe(element);
      setChart(made);
    });
    return () => {
      isGone = true;
      watch.disconnect();
      made?.dispose();
    };
  }, []);

  useEffect(() => {
    // Drawn anew, a chart forgets the rectangle that somebody is drawing over it.
    if (!chart || isHeld) return;
    const look = chartLook(tokens);
    const grid = Array.isArray(option.grid) ? option.grid : { ...look.grid, ...option.grid };
    chart.setOption({ ...look, ...option, grid, tooltip: { ...look.tooltip, ...option.tooltip } }, true);
    if (!selects) return;
    const brushOption = { brushType: selects, brushMode: "single" };
    chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption });
  }, [chart, option, tokens, selects, isHeld]);

  return (
    <figure className="chart">
      <div ref={place} style={{ height }} role="img" aria-label={label} />
      {chart && (
        <button
          type="button"
          className="save-picture"
          title="Save as PNG"
          aria-label={`Save as PNG: ${label}`}
          onClick={() =>
            saveAddress(
              `${fileName(label)}.png`,
              chart.getDataURL({ pixelRatio: 2, backgroundColor: tokens.card }),
            )
          }
        >
          <Icon name="download" size={12} />
        </button>
      )}
      <HiddenTable label={label} table={table} />
    </figure>
  );
}

/** A label as the name of a file: "Duration trend of lead" is "duration-trend-of-lead". */
function fileName(label: string): string {
  const words = label.toLowerCase().match(/[a-z0-9]+/g) ?? ["chart"];
  return words.slice(0, 8).join("-");
}

function selectionOf({ areas }: BrushEnd): Selection | null {
  const range = areas[0]?.coordRange;
  if (!Array.isArray(range) || range.length !== 2) return null;
  const [x, y] = range as [unknown, unknown];
  if (Array.isArray(x) && Array.isArray(y)) {
    return { x: x as unknown as [number, number], y: y as unknown as [number, number] };
  }
  return { x: range as unknown as [number, number], y: null };
}

function HiddenTable({ label, table }: { readonly label: string; readonly table: ChartTable }) {
  return (
    <table className="hidden">
      <caption>{label}</caption>
      <thead>
        <tr>
          {table.columns.map((column) => (
            <th key={column}>{column}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a picture have no other name
          <tr key={at}>
            {row.map((cell, column) => (
              <td key={table.columns[column]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
