import { Button, Drawer, Switch, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import type { ExecutionTree } from "../../api/views.gen";
import type { PathPart } from "../../charts/PathStrip";
import { LaneStrip } from "../../charts/waterfall/LaneStrip";
import { Waterfall } from "../../charts/waterfall/Waterfall";
import { withParts } from "../../lib/address";
import { count, duration } from "../../lib/format";
import { pan, type View, viewOf, zoom } from "../../lib/layout";
import { findNodes, nextHit } from "../../lib/search";
import { kindOf } from "../../lib/shares";
import { alike, buildTree, foldedAtFirst, visiblePositions, withAncestors } from "../../lib/tree";
import { Icon } from "../../ui/icons";
import { useKeys } from "../../ui/useKeys";
import { StepDetails } from "./StepDetails";
import { lastKnown } from "./useNow";

interface Props {
  readonly tree: ExecutionTree;
  readonly now: number | null;
}

const NO_HITS: ReadonlySet<number> = new Set();

/** The waterfall with its tools and the details of the chosen step. Step, find and zoom are in the address. */
export function WaterfallTab({ tree: source, now }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const query = new URLSearchParams(search);
  const set = (parts: Record<string, string | null>) =>
    navigate(path + withParts(search, parts), { replace: true });
  const foldsRepeats = query.get("repeats") !== "all";
  const tree = useMemo(() => buildTree(source, foldsRepeats), [source, foldsRepeats]);
  const critical = useMemo(() => pathOf(source), [source]);
  const onlyPath = query.get("path") === "only" && critical.length > 0;
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const folded = useMemo(() => foldedAtFirst(tree).symmetricDifference(toggled), [tree, toggled]);
  const rows = useMemo(() => {
    const marked = onlyPath
      ? withAncestors(
          tree,
          critical.map((part) => tree.positionOf.get(part.id) ?? -1),
        )
      : undefined;
    return visiblePositions(tree, folded, marked);
  }, [tree, folded, onlyPath, critical]);
  const find = query.get("find") ?? "";
  const found = useMemo(() => findNodes(tree, find), [tree, find]);
  const hits = useMemo(() => (found.length > 0 ? new Set(found) : NO_HITS), [found]);
  const selected = tree.positionOf.get(query.get("step") ?? "") ?? 0;
  const end = Math.max(source.duration_ns ?? 0, now ?? 0) || lastKnown(source);
  const whole: View = { from: 0, to: end };
  const view = readView(query.get("zoom")) ?? whole;
  const bands = useMemo(() => bandsOf(source, end), [source, end]);
  const showsBands = query.get("loop") !== "off";
  const onView = (next: View) => {
    const isWhole = next.from <= 0 && next.to >= end;
    set({ zoom: isWhole ? null : `${Math.round(next.from)}-${Math.round(next.to)}` });
  };
  const select = (position: number) => {
    const node = tree.nodes[position];
    if (!node) return;
    const closed = [...withAncestors(tree, [position])].filter(
      (i) => i !== position && folded.has(tree.nodes[i]?.id ?? ""),
    );
    if (closed.length > 0)
      setToggled(toggled.symmetricDifference(new Set(closed.map((i) => tree.nodes[i]?.id ?? ""))));
    set({ step: position === 0 ? null : node.id });
  };
  const fold = (position: number) =>
    setToggled(toggled.symmetricDifference(new Set([tree.nodes[position]?.id ?? ""])));
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const isWide = useMediaQuery("(min-width: 1200px)", true, { getInitialValueInEffect: false });
  const field = useRef<HTMLInputElement>(null);
  const move = (by: number) => {
    const row = rows.indexOf(selected);
    const next = rows[Math.min(rows.length - 1, Math.max(0, row + by))];
    if (next !== undefined) select(next);
  };
  const same = (isForward: boolean) => {
    const all = alike(tree, selected);
    const at = all.indexOf(selected) + (isForward ? 1 : -1);
    const next = all[at];
    if (next !== undefined) select(next);
  };
  const middle = (view.from + view.to) / 2;
  const node = tree.nodes[selected];
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    w: () => onView(zoom(view, whole, 0.6, middle)),
    s: () => onView(zoom(view, whole, 1 / 0.6, middle)),
    a: () => onView(pan(view, whole, -0.2)),
    d: () => onView(pan(view, whole, 0.2)),
    "0": () => onView(whole),
    f: () => node && onView(viewOf(node.offset, node.duration ?? end - node.offset, whole)),
    "[": () => same(false),
    "]": () => same(true),
    p: () => critical.length > 0 && set({ path: onlyPath ? null : "only" }),
    b: () => set({ loop: showsBands ? "off" : null }),
    "/": () => field.current?.focus(),
    Enter: () => setDrawerOpen(true),
    Escape: () => (find ? set({ find: null }) : onView(whole)),
  });
  const onFindKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") {
      const next = nextHit(found, selected, !event.shiftKey);
      if (next >= 0) select(next);
    }
    if (event.key === "Escape") {
      set({ find: null });
      event.currentTarget.blur();
    }
  };
  const details = node && (
    <StepDetails
      key={node.id}
      executionId={source.execution.execution_id}
      tree={tree}
      position={selected}
      onSelect={select}
    />
  );
  return (
    <>
      <div className="tools">
        <TextInput
          ref={field}
          w={230}
          aria-label="Find step"
          placeholder="Find step"
          value={find}
          leftSection={<Icon name="search" size={13} />}
          rightSection={find ? <span className="t11 s">{count(found.length)}</span> : <kbd>/</kbd>}
          onChange={(event) => set({ find: event.currentTarget.value || null })}
          onKeyDown={onFindKey}
        />
        {critical.length > 0 && (
          <Switch
            size="xs"
            withThumbIndicator={false}
            label="Critical path only"
            checked={onlyPath}
            onChange={() => set({ path: onlyPath ? null : "only" })}
          />
        )}
        <Switch
          size="xs"
          withThumbIndicator={false}
          label="Fold repeats"
          checked={foldsRepeats}
          onChange={() => set({ repeats: foldsRepeats ? "all" : null })}
        />
        {bands.length > 0 && (
          <Switch
            size="xs"
            withThumbIndicator={false}
            label="Loop blocks"
            checked={showsBands}
            onChange={() => set({ loop: showsBands ? "off" : null })}
          />
        )}
        <span className="sp" />
        <span className="t12 m tn">
          {duration(view.from)} – {duration(view.to)}
        </span>
        <Button variant="default" size="xs" onClick={() => onView(whole)}>
          Fit&nbsp;<kbd>0</kbd>
        </Button>
      </div>
      <div className={isWide ? "wall with-details" : "wall"}>
        <div className="lanes">
          <LaneStrip tree={tree} whole={whole} view={view} now={now} onView={onView} />
          <Waterfall
            tree={tree}
            rows={rows}
            folded={folded}
            selected={selected}
            hits={hits}
            path={critical}
            bands={showsBands ? bands : []}
            whole={whole}
            view={view}
            now={now}
            maxHeight={Math.max(360, window.innerHeight - 210)}
            onView={onView}
            onSelect={(position) => {
              select(position);
              setDrawerOpen(true);
            }}
            onFold={fold}
          />
        </div>
        {isWide ? (
          <div className="details-frame">{details}</div>
        ) : (
          <Drawer
            opened={isDrawerOpen}
            onClose={() => setDrawerOpen(false)}
            position="right"
            size={380}
            withOverlay={false}
            lockScroll={false}
            trapFocus={false}
            transitionProps={{ duration: 180 }}
            title={<b>Step</b>}
          >
            {details}
          </Drawer>
        )}
      </div>
    </>
  );
}

function pathOf(source: ExecutionTree): PathPart[] {
  return source.critical_path.map((part) => ({
    id: part.node_id,
    name: part.name,
    kind: kindOf(part.category),
    offset: part.offset_ns,
    duration: part.duration_ns,
  }));
}

function bandsOf(source: ExecutionTree, end: number): { from: number; to: number }[] {
  return source.steps
    .filter((step) => step.category === "blocked_loop")
    .map((step) => ({
      from: step.offset_ns,
      to:
        step.duration_ns === undefined || step.duration_ns === null ? end : step.offset_ns + step.duration_ns,
    }));
}

/** What `zoom=from-to` says, in ns; null if it says nothing sensible. */
function readView(text: string | null): View | null {
  const match = /^(\d+)-(\d+)$/.exec(text ?? "");
  if (!match) return null;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return to > from ? { from, to } : null;
}
