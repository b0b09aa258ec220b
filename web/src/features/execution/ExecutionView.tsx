import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useMemo, useRef } from "react";
import { useLocation, useSearch } from "wouter";
import { findingsQuery, isOpen } from "../../api/queries";
import { questionOfOneQuery } from "../../api/questions";
import type { ExecutionTree, UsualExecution } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { count } from "../../lib/format";
import { sharesOf } from "../../lib/shares";
import { silentOnes } from "../../lib/tree";
import { withWishes } from "../../lib/whatIf";
import { Waiting } from "../../ui/States";
import { Actions } from "./Actions";
import { DidNotFire } from "./DidNotFire";
import { Findings } from "./Findings";
import { Scores } from "./Scores";
import { Trust } from "./Trust";
import { useNow } from "./useNow";
import { VerdictHead } from "./VerdictHead";
import { WaterfallTab } from "./WaterfallTab";
import { WhatChanged } from "./WhatChanged";
import { WhereItWent } from "./WhereItWent";
import "./execution.css";

const ConversationTab = lazy(() =>
  import("./ConversationTab").then(({ ConversationTab }) => ({ default: ConversationTab })),
);
const CoverageTab = lazy(() => import("./CoverageTab").then(({ CoverageTab }) => ({ default: CoverageTab })));
const DecisionsTable = lazy(() =>
  import("./DecisionsTable").then(({ DecisionsTable }) => ({ default: DecisionsTable })),
);
const EventsTable = lazy(() => import("./EventsTable").then(({ EventsTable }) => ({ default: EventsTable })));
const FlameTab = lazy(() => import("./FlameTab").then(({ FlameTab }) => ({ default: FlameTab })));
const Raw = lazy(() => import("./Raw").then(({ Raw }) => ({ default: Raw })));
const StepsTab = lazy(() => import("./StepsTab").then(({ StepsTab }) => ({ default: StepsTab })));
const WhatIfTab = lazy(() => import("./WhatIfTab").then(({ WhatIfTab }) => ({ default: WhatIfTab })));
const GraphTab = lazy(() => import("./GraphTab"));

interface Props {
  readonly tree: ExecutionTree;
  readonly fetchedAt: number;
}

/** Everything about one loaded execution; the open tab and the chosen step are in the address. */
export function ExecutionView({ tree, fetchedAt }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const now = useNow(tree, isOpen(tree), fetchedAt);
  const id = tree.execution.execution_id;
  const { data: usual } = useQuery(questionOfOneQuery<UsualExecution>("usual", id));
  const findings = useQuery(findingsQuery(id, isOpen(tree)));
  const shares = useMemo(() => sharesOf(tree.shares), [tree.shares]);
  const query = new URLSearchParams(search);
  const tab = query.get("tab") ?? "waterfall";
  const set = (parts: Record<string, string | null>) =>
    navigate(path + withParts(search, parts), { replace: true });
  const latest = useRef(set);
  latest.current = set;
  const pick = useCallback((step: string) => latest.current({ step, tab: null }), []);
  const calls = useMemo(() => ownCalls(tree), [tree]);
  const skipped = useMemo(() => silentOnes(tree), [tree]);
  const ended = findings.data;
  const actions = useMemo(
    () => <Actions tree={tree} shares={shares} usual={usual} findings={ended} />,
    [tree, shares, usual, ended],
  );
  return (
    <>
      <VerdictHead tree={tree} shares={shares} now={now} onPick={pick} usual={usual} actions={actions} />
      <WhereItWent tree={tree} shares={shares} now={now} onPick={pick} usual={usual} />
      <div className="answers">
        <Findings
          tree={tree}
          found={findings.data}
          error={findings.error}
          onPick={pick}
          onSimulate={(wishes) => navigate(path + withWishes(search, wishes), { replace: true })}
        />
        <div>
          <WhatChanged tree={tree} />
          {skipped.length > 0 && <DidNotFire decisions={skipped} onPick={pick} />}
        </div>
      </div>
      {tree.scores.length > 0 && <Scores scores={tree.scores} />}
      <Trust tree={tree} onCoverage={() => set({ tab: "coverage" })} />
      <section className="card">
        <Tabs value={tab} onChange={(value) => set({ tab: value === "waterfall" ? null : value })}>
          <Tabs.List px={6}>
            <Tabs.Tab value="waterfall">Waterfall</Tabs.Tab>
            <Tabs.Tab value="flame">Flame</Tabs.Tab>
            <Tabs.Tab value="graph">Graph</Tabs.Tab>
            <Tabs.Tab value="steps">
              Steps <span className="s">{count(tree.steps.length)}</span>
            </Tabs.Tab>
            <Tabs.Tab value="conversation">
              Conversation <span className="s">{count(calls)}</span>
            </Tabs.Tab>
            <Tabs.Tab value="what-if">What if</Tabs.Tab>
            {tree.events.length > 0 && (
              <Tabs.Tab value="events">
                Stages and logs <span className="s">{count(tree.events.length)}</span>
              </Tabs.Tab>
            )}
            {tree.decisions.length > 0 && (
              <Tabs.Tab value="decisions">
                Decisions <span className="s">{count(tree.decisions.length)}</span>
              </Tabs.Tab>
            )}
            <Tabs.Tab value="coverage">
              Coverage {tree.coverage.gaps > 0 && <span className="s">{count(tree.coverage.gaps)}</span>}
            </Tabs.Tab>
            <Tabs.Tab value="raw">Raw</Tabs.Tab>
          </Tabs.List>
        </Tabs>
        <Suspense fallback={<Waiting heights={[320]} />}>
          <Tab name={tab} tree={tree} now={now} usual={usual} onPick={pick} />
        </Suspense>
      </section>
    </>
  );
}

/** Model calls of the execution itself: those of agents that it called are on their own pages. */
const ownCalls = ({ steps, execution }: ExecutionTree) =>
  steps.filter((step) => step.category === "llm" && step.execution_id === execution.execution_id).length;

interface TabProps {
  readonly name: string;
  readonly tree: ExecutionTree;
  readonly now: number | null;
  readonly usual: UsualExecution | undefined;
  readonly onPick: (id: string) => void;
}

/** The open tab; those that are seldom opened are loaded when they are. */
function Tab({ name, tree, now, usual, onPick }: TabProps) {
  const id = tree.execution.execution_id;
  switch (name) {
    case "flame":
      return <FlameTab tree={tree} now={now} onPick={onPick} />;
    case "graph":
      return <GraphTab executionId={id} onPick={onPick} />;
    case "steps":
      return <StepsTab tree={tree} usual={usual} />;
    case "conversation":
      return <ConversationTab executionId={id} onPick={onPick} />;
    case "what-if":
      return <WhatIfTab tree={tree} onPick={onPick} />;
    case "events":
      return <EventsTable tree={tree} onPick={onPick} />;
    case "decisions":
      return <DecisionsTable decisions={tree.decisions} onPick={onPick} />;
    case "coverage":
      return <CoverageTab executionId={id} isRunning={tree.duration_ns === null} onPick={onPick} />;
    case "raw":
      return <Raw tree={tree} />;
    default:
      return <WaterfallTab tree={tree} now={now} usual={usual} />;
  }
}
