import { Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import type { ExecutionTree, UsualExecution } from "../../api/views.gen";
import { LaneStrip } from "../../charts/waterfall/LaneStrip";
import { Waterfall } from "../../charts/waterfall/Waterfall";
import type { Tree } from "../../lib/tree";
import { ranksOf } from "../../lib/usual";
import { StepDetails } from "./StepDetails";
import { useWaterfall } from "./useWaterfall";
import { useWaterfallKeys } from "./useWaterfallKeys";
import { WaterfallTools } from "./WaterfallTools";

const NO_BANDS: readonly { readonly from: number; readonly to: number }[] = [];

interface Props {
  readonly tree: ExecutionTree;
  readonly now: number | null;
  readonly usual: UsualExecution | undefined;
}

/** The waterfall with its tools and the details of the chosen step. */
export function WaterfallTab({ tree: source, now, usual }: Props) {
  const model = useWaterfall(source, now);
  const { tree, selected, whole, view, show } = model;
  const ranks = useMemo(() => {
    const found = usual && ranksOf(source, usual);
    return found && found.size > 0 ? found : null;
  }, [source, usual]);
  const field = useRef<HTMLInputElement>(null);
  const isWide = useMediaQuery("(min-width: 1200px)", true, { getInitialValueInEffect: false });
  const [isOpen, setOpen] = useState(false);
  useWaterfallKeys(
    model,
    () => field.current?.focus(),
    () => setOpen(true),
  );
  const node = tree.nodes[selected];
  const id = node?.id;
  const executionId = source.execution.execution_id;
  const blocked = useMemo(
    () => source.events.filter((event) => event.kind === "blocked" && event.span_id === id),
    [source, id],
  );
  const models = useMemo(
    () => (tree.nodes[selected]?.type === "execution" ? modelsBelow(source, tree, selected) : null),
    [source, tree, selected],
  );
  const select = useRef(model.select);
  select.current = model.select;
  const onSelect = useCallback((position: number) => select.current(position), []);
  const details = id && (
    <StepDetails
      key={id}
      executionId={executionId}
      tree={tree}
      position={selected}
      blocked={blocked}
      models={models}
      isBelow={source.execution.parent_execution_id !== null}
      now={now}
      usual={usual}
      onSelect={onSelect}
    />
  );
  return (
    <>
      <WaterfallTools model={model} field={field} onSelect={onSelect} />
      <div className={isWide ? "wall with-details" : "wall"}>
        <div className="lanes">
          <LaneStrip
            tree={tree}
            whole={whole}
            view={view}
            now={now}
            warp={model.warp}
            hasRanks={ranks !== null}
            bands={model.showsBands ? model.bands : NO_BANDS}
            onView={show}
          />
          <Waterfall
            tree={tree}
            rows={model.rows}
            folded={model.folded}
            selected={selected}
            hits={model.hits}
            path={model.critical}
            pathPositions={model.pathPositions}
            bands={model.showsBands ? model.bands : []}
            whole={whole}
            view={view}
            warp={model.warp}
            ranks={ranks}
            now={now}
            maxHeight={Math.max(360, window.innerHeight - 210)}
            onView={show}
            onSelect={(position) => {
              model.select(position);
              setOpen(true);
            }}
            onFold={model.fold}
          />
        </div>
        {isWide ? (
          <div className="details-frame">{details}</div>
        ) : (
          <DetailsDrawer isOpen={isOpen} onClose={() => setOpen(false)}>
            {details}
          </DetailsDrawer>
        )}
      </div>
    </>
  );
}

/** The models that an execution and everything below it called, each once. */
function modelsBelow(source: ExecutionTree, tree: Tree, position: number): string[] {
  const end = tree.nodes[position]?.end ?? position;
  const below = new Set(tree.nodes.slice(position, end).map(({ id }) => id));
  const models = source.steps.filter((step) => below.has(step.step_id)).map((step) => step.model);
  return [...new Set(models.filter((model): model is string => !!model))];
}

interface DrawerProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The details on narrow screens: over the waterfall, which stays in reach. */
function DetailsDrawer({ isOpen, onClose, children }: DrawerProps) {
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      position="right"
      size={380}
      withOverlay={false}
      lockScroll={false}
      trapFocus={false}
      transitionProps={{ duration: 180 }}
      title={<b>Step</b>}
    >
      {children}
    </Drawer>
  );
}
