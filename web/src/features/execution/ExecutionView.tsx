import { Tabs } from "@mantine/core";
import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { isOpen } from "../../api/queries";
import type { ExecutionTree } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { count } from "../../lib/format";
import { sharesOf } from "../../lib/shares";
import { silentOnes } from "../../lib/tree";
import { CoverageTab } from "./CoverageTab";
import { DecisionsTable } from "./DecisionsTable";
import { DidNotFire } from "./DidNotFire";
import { EventsTable } from "./EventsTable";
import { Findings } from "./Findings";
import { Raw } from "./Raw";
import { Scores } from "./Scores";
import { Trust } from "./Trust";
import { useNow } from "./useNow";
import { VerdictHead } from "./VerdictHead";
import { WaterfallTab } from "./WaterfallTab";
import { WhereItWent } from "./WhereItWent";
import "./execution.css";

interface Props {
  readonly tree: ExecutionTree;
  readonly fetchedAt: number;
}

/** Everything about one loaded execution; the open tab and the chosen step are in the address. */
export function ExecutionView({ tree, fetchedAt }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const now = useNow(tree, isOpen(tree), fetchedAt);
  const shares = useMemo(() => sharesOf(tree.shares), [tree.shares]);
  const query = new URLSearchParams(search);
  const tab = query.get("tab") ?? "waterfall";
  const set = (parts: Record<string, string | null>) =>
    navigate(path + withParts(search, parts), { replace: true });
  const pick = (id: string) => set({ step: id, tab: null });
  const skipped = silentOnes(tree);
  return (
    <>
      <VerdictHead tree={tree} shares={shares} now={now} onPick={pick} />
      <WhereItWent tree={tree} shares={shares} now={now} onPick={pick} />
      <Findings tree={tree} onPick={pick} />
      {skipped.length > 0 && <DidNotFire decisions={skipped} onPick={pick} />}
      {tree.scores.length > 0 && <Scores scores={tree.scores} />}
      <Trust tree={tree} onCoverage={() => set({ tab: "coverage" })} />
      <section className="card">
        <Tabs value={tab} onChange={(value) => set({ tab: value === "waterfall" ? null : value })}>
          <Tabs.List px={6}>
            <Tabs.Tab value="waterfall">
              Waterfall <span className="s">{count(tree.steps.length)}</span>
            </Tabs.Tab>
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
        {tab === "events" ? (
          <EventsTable tree={tree} onPick={pick} />
        ) : tab === "decisions" ? (
          <DecisionsTable decisions={tree.decisions} onPick={pick} />
        ) : tab === "coverage" ? (
          <CoverageTab
            executionId={tree.execution.execution_id}
            isRunning={tree.duration_ns === null}
            onPick={pick}
          />
        ) : tab === "raw" ? (
          <Raw tree={tree} />
        ) : (
          <WaterfallTab tree={tree} now={now} />
        )}
      </section>
    </>
  );
}
