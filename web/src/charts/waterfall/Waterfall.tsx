import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { duration } from "../../lib/format";
import { clampView, pan, rowsOnScreen, scrollTo, toTime, type View, zoom } from "../../lib/layout";
import type { PathPart } from "../../lib/path";
import type { Tree, TreeNode } from "../../lib/tree";
import { statusWord } from "../../ui/Status";
import { useTokens } from "../../ui/useTokens";
import { useWidth } from "../useWidth";
import { draw } from "./draw";
import { AXIS, geometryOf, pathRowsOf, ROW, type Scene } from "./scene";
import { useTiles } from "./useTiles";
import "../chart.css";

interface Props {
  readonly tree: Tree;
  readonly rows: Int32Array;
  readonly folded: ReadonlySet<string>;
  readonly selected: number;
  readonly hits: ReadonlySet<number>;
  readonly path: readonly PathPart[];
  readonly pathPositions: Int32Array;
  readonly bands: Scene["bands"];
  readonly whole: View;
  readonly view: View;
  readonly warp: Scene["warp"];
  readonly ranks: Scene["ranks"];
  readonly now: number | null;
  readonly maxHeight: number;
  readonly onView: (view: View) => void;
  readonly onSelect: (position: number) => void;
  readonly onFold: (position: number) => void;
}

/** The waterfall: one canvas that draws the rows on screen, and a transparent layer of rows for focus and screen readers. */
export function Waterfall(props: Props) {
  const { tree, rows, selected, pathPositions } = props;
  const scroller = useRef<HTMLDivElement | null>(null);
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const [measure, width] = useWidth(900);
  const [scrollTop, setScrollTop] = useState(0);
  const [hovered, setHovered] = useState(-1);
  const [brush, setBrush] = useState<View | null>(null);
  const tokens = useTokens();
  const contentHeight = AXIS + rows.length * ROW + 8;
  const height = Math.min(contentHeight, props.maxHeight);
  const pathRows = useMemo(() => pathRowsOf(tree, rows, pathPositions), [tree, rows, pathPositions]);
  const scene: Scene = { ...props, hovered, pathRows, brush };
  useCanvas(canvas, width, height, tokens, scene, scrollTop);
  useWheel(scroller, scene, width, props.onView);

  const selectedRow = useMemo(() => rows.indexOf(selected), [rows, selected]);
  useShownRow(scroller, selectedRow, height);
  const attach = useCallback(
    (element: HTMLDivElement | null) => {
      scroller.current = element;
      return measure(element);
    },
    [measure],
  );
  const pointer = usePointer(scene, width, scrollTop, { ...props, setHovered, setBrush });
  const onKeyDown = (event: KeyboardEvent) => {
    const next = moveByKey(event.key, rows, selectedRow);
    if (next >= 0) props.onSelect(next);
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") foldByKey(event.key, props);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={attach}
      className="wf"
      style={{ height }}
      role="tree"
      aria-label={`Waterfall of steps, ${duration(props.view.from)} to ${duration(props.view.to)}`}
      aria-activedescendant={selected >= 0 ? `row-${selected}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      {...pointer}
    >
      <div style={{ height: contentHeight }}>
        <canvas ref={canvas} />
        <RowLayer
          tree={tree}
          rows={rows}
          folded={props.folded}
          selected={selected}
          scrollTop={scrollTop}
          height={height}
        />
      </div>
    </div>
  );
}

/** Brings the chosen row on screen, with as little movement as possible. */
function useShownRow(scroller: React.RefObject<HTMLDivElement | null>, row: number, height: number): void {
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && row >= 0) element.scrollTop = scrollTo(row, element.scrollTop, height - AXIS - 8, ROW);
  }, [scroller, row, height]);
}

type Pixels = React.RefObject<HTMLCanvasElement | null>;

/** Draws after every change, once per frame; tiles are made anew only for another theme. */
function useCanvas(
  canvas: Pixels,
  width: number,
  height: number,
  tokens: ReturnType<typeof useTokens>,
  scene: Scene,
  scrollTop: number,
) {
  const density = window.devicePixelRatio || 1;
  const [areFontsReady, setFontsReady] = useState(false);
  useEffect(() => {
    document.fonts.ready.then(() => setFontsReady(true));
  }, []);
  const tiles = useTiles(tokens, density);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const frame = requestAnimationFrame(() => {
      const [wide, high] = [Math.round(width * density), Math.round(height * density)];
      if (element.width !== wide || element.height !== high) {
        element.width = wide;
        element.height = high;
        element.style.width = `${width}px`;
        element.style.height = `${height}px`;
      }
      const context = element.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
      context.setTransform(density, 0, 0, density, 0, 0);
      draw({ context, tokens, tiles, width, height, scrollTop }, scene);
      element.dataset.drawn = areFontsReady ? "yes" : "early";
    });
    return () => cancelAnimationFrame(frame);
  });
}

/** Ctrl and wheel zoom around the pointer, shift and wheel (or a sideways wheel) pan; a plain wheel scrolls the rows. */
function useWheel(
  scroller: React.RefObject<HTMLDivElement | null>,
  scene: Scene,
  width: number,
  onView: (view: View) => void,
) {
  useEffect(() => {
    const element = scroller.current;
    const onWheel = (event: WheelEvent) => {
      const { laneLeft, laneWidth } = geometryOf(width, scene.ranks !== null);
      const x = event.clientX - (element?.getBoundingClientRect().left ?? 0);
      const sideways = event.deltaX || (event.shiftKey ? event.deltaY : 0);
      if (event.ctrlKey || event.metaKey) {
        onView(
          zoom(
            scene.view,
            scene.whole,
            Math.exp(event.deltaY / 300),
            toTime(x, scene.view, laneLeft, laneWidth),
          ),
        );
      } else if (sideways) onView(pan(scene.view, scene.whole, sideways / laneWidth));
      else return;
      event.preventDefault();
    };
    // React attaches wheel listeners as passive; this one must keep the page from zooming.
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  });
}

interface PointerTargets extends Pick<Props, "onSelect" | "onFold" | "onView"> {
  readonly setHovered: (row: number) => void;
  readonly setBrush: (view: View | null) => void;
}

/** Point to mark a row, click to choose or fold it, drag along the axis to zoom in. */
function usePointer(scene: Scene, width: number, scrollTop: number, targets: PointerTargets) {
  const start = useRef<number | null>(null);
  const geometry = geometryOf(width, scene.ranks !== null);
  const place = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const y = event.clientY - box.top;
    const row = y < AXIS ? -1 : Math.floor((y - AXIS + scrollTop) / ROW);
    return { x: event.clientX - box.left, row: row < scene.rows.length ? row : -1 };
  };
  const timeAt = (x: number) => toTime(x, scene.view, geometry.laneLeft, geometry.laneWidth);
  return {
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      const { x, row } = place(event);
      targets.setHovered(row);
      if (start.current !== null && Math.abs(x - start.current) > 4) {
        const [from, to] = [timeAt(Math.min(start.current, x)), timeAt(Math.max(start.current, x))];
        targets.setBrush({ from, to });
      }
    },
    onPointerLeave: () => targets.setHovered(-1),
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      const { x } = place(event);
      if (event.button === 0 && x >= geometry.laneLeft) start.current = x;
    },
    onPointerUp: (event: PointerEvent<HTMLDivElement>) => {
      const { x, row } = place(event);
      const from = start.current;
      start.current = null;
      targets.setBrush(null);
      if (from !== null && Math.abs(x - from) > 4) {
        targets.onView(
          clampView({ from: timeAt(Math.min(from, x)), to: timeAt(Math.max(from, x)) }, scene.whole),
        );
        return;
      }
      const position = row >= 0 ? (scene.rows[row] as number) : -1;
      const node = scene.tree.nodes[position];
      if (!node) return;
      const foldLeft = 14 + Math.min(node.depth, 9) * 14;
      if (node.hasChildren && x >= foldLeft - 4 && x < foldLeft + 14) targets.onFold(position);
      else targets.onSelect(position);
    },
  };
}

/** The position that a moving key leads to; -1 for other keys. */
function moveByKey(key: string, rows: Int32Array, row: number): number {
  const leaps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: 20,
    PageUp: -20,
    Home: -rows.length,
    End: rows.length,
  };
  const leap = leaps[key];
  if (leap === undefined || rows.length === 0) return -1;
  return rows[Math.min(rows.length - 1, Math.max(0, row + leap))] as number;
}

function foldByKey(key: string, { tree, selected, folded, onFold, onSelect }: Props): void {
  const node = tree.nodes[selected];
  if (!node) return;
  const isClosed = folded.has(node.id);
  if (key === "ArrowRight" && node.hasChildren) {
    if (isClosed) onFold(selected);
    else onSelect(selected + 1);
  }
  if (key === "ArrowLeft") {
    if (node.hasChildren && !isClosed) onFold(selected);
    else if (node.parent >= 0) onSelect(node.parent);
  }
}

interface LayerProps extends Pick<Props, "tree" | "rows" | "folded" | "selected"> {
  readonly scrollTop: number;
  readonly height: number;
}

/** The rows on screen (and the chosen one) as a real tree in words, under the pointer but without ink. */
const RowLayer = memo(function RowLayer(props: LayerProps) {
  const { tree, rows, folded, selected, scrollTop, height } = props;
  const [first, last] = rowsOnScreen(scrollTop, height - AXIS, ROW, rows.length);
  const shown = Array.from(rows.slice(first, last), (position, i) => [position, first + i] as const);
  const selectedRow = rows.indexOf(selected);
  if (selectedRow >= 0 && (selectedRow < first || selectedRow >= last)) shown.push([selected, selectedRow]);
  return (
    <div className="focus-layer">
      {shown.map(([position, row]) => {
        const node = tree.nodes[position] as TreeNode;
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: the tree holds the focus and names this row as active
          <div
            key={node.id}
            id={`row-${position}`}
            role="treeitem"
            className="focus-row"
            style={{ top: AXIS + row * ROW, height: ROW }}
            aria-level={node.depth + 1}
            aria-posinset={row + 1}
            aria-setsize={rows.length}
            aria-selected={position === selected}
            aria-expanded={node.hasChildren ? !folded.has(node.id) : undefined}
            title={node.name.length > 24 ? node.name : undefined}
          >
            {inWords(node)}
          </div>
        );
      })}
    </div>
  );
});

function inWords(node: TreeNode): string {
  const times = node.repeats > 0 ? ` ${node.repeats} times` : "";
  if (node.type === "skipped") return `${node.name}, ${node.note}`;
  const length = node.duration === null ? "still open" : duration(node.duration);
  return `${node.name}${times}, ${node.category}, ${statusWord(node.status)}, ${length}, after ${duration(node.offset)}`;
}
