import { Button, Switch } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { questionOfOneQuery } from "../../api/questions";
import type { ExecutionTree, PathStep, TriedChange, WhatIf } from "../../api/views.gen";
import { PathStrip } from "../../charts/PathStrip";
import { useWidth } from "../../charts/useWidth";
import { duration, percent } from "../../lib/format";
import { type PathPart, pathParts } from "../../lib/path";
import { kindOf } from "../../lib/shares";
import { filtersOf, readWishes, type Wish, wishOfOption, withWishes } from "../../lib/whatIf";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";

interface Props {
  readonly tree: ExecutionTree;
  readonly onPick: (id: string) => void;
}

/** The execution simulated with changes: what it would have taken, on the same axis, and what else could be tried. */
export function WhatIfTab({ tree, onPick }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const wishes = readWishes(search);
  const id = tree.execution.execution_id;
  const tries = useQuery(questionOfOneQuery<WhatIf>("what-if", id));
  const query = useQuery({
    ...questionOfOneQuery<WhatIf>("what-if", id, filtersOf(wishes)),
    placeholderData: keepPreviousData,
  });
  const set = (next: readonly Wish[]) => navigate(path + withWishes(search, next), { replace: true });
  return (
    <Asked query={query} what="The simulation" heights={[120, 180]}>
      {(answer) => (
        <div className="what-if">
          <Outcome answer={answer} isNone={wishes.length === 0} />
          <Strips tree={tree} answer={answer} isNone={wishes.length === 0} onPick={onPick} />
          {wishes.length > 0 && <Chosen changes={answer.changes} wishes={wishes} onSet={set} />}
          <Tries tries={tries.data?.tries ?? []} wishes={wishes} onSet={set} />
        </div>
      )}
    </Asked>
  );
}

function Outcome({ answer, isNone }: { readonly answer: WhatIf; readonly isNone: boolean }) {
  if (isNone)
    return (
      <p className="sentence">
        Choose what to change, below or with “What if …” beside a step: the new finish time appears here.
      </p>
    );
  return (
    <p className="sentence" aria-live="polite">
      <b>
        {duration(answer.after_ns)} instead of {duration(answer.before_ns)}
      </b>
      : {duration(answer.saving_ns)} or {percent(answer.share)} less.{" "}
      <span className="m">
        A simulation of the recorded times; what a change costs elsewhere is not in it.
      </span>
    </p>
  );
}

interface StripsProps extends Props {
  readonly answer: WhatIf;
  readonly isNone: boolean;
}

/** The critical path before and after, on one axis. */
function Strips({ tree, answer, isNone, onPick }: StripsProps) {
  const [measure, width] = useWidth(1200);
  const end = Math.max(answer.before_ns, answer.after_ns, 1);
  return (
    <div ref={measure} className="strips">
      <span className="t11 s side">Before</span>
      <PathStrip parts={pathParts(tree)} end={end} width={width} onPick={onPick} />
      {!isNone && (
        <>
          <span className="t11 s side">Simulated</span>
          <PathStrip parts={partsOf(answer.critical_path)} end={end} width={width} onPick={onPick} />
        </>
      )}
    </div>
  );
}

const partsOf = (path: readonly PathStep[]): PathPart[] =>
  path.map(({ node_id, name, category, offset_ns, duration_ns }) => ({
    id: node_id,
    name,
    kind: kindOf(category),
    offset: offset_ns,
    duration: duration_ns,
  }));

interface ChosenProps {
  readonly changes: readonly TriedChange[];
  readonly wishes: readonly Wish[];
  readonly onSet: (wishes: readonly Wish[]) => void;
}

function Chosen({ changes, wishes, onSet }: ChosenProps) {
  return (
    <section aria-label="Chosen changes">
      <div className="hd">
        <h2>Chosen</h2>
        <span className="m t12">each by itself; together they save what is said above</span>
        <span className="sp" />
        <Button variant="default" size="xs" onClick={() => onSet([])}>
          Clear
        </Button>
      </div>
      {changes.map((change) => {
        const own = wishOfOption(change.option);
        return (
          <div className="change" key={change.option}>
            <b className="tn">−{duration(change.saving_ns)}</b>
            <span>
              {change.words}
              <Evidence change={change} />
            </span>
            <button
              type="button"
              className="more"
              aria-label={`Without: ${change.words}`}
              onClick={() =>
                onSet(wishes.filter((wish) => wish.deed !== own?.deed || wish.text !== own.text))
              }
            >
              <Icon name="x" size={12} />
            </button>
          </div>
        );
      })}
    </section>
  );
}

function Evidence({ change }: { readonly change: TriedChange }) {
  return change.evidence.map((each) => (
    <span className="m t12 evidence" key={`${each.first}-${each.second}`}>
      {each.first} and {each.second}: {each.verdict} ({each.confidence}); {each.reasons.join("; ")}
    </span>
  ));
}

interface TriesProps {
  readonly tries: readonly TriedChange[];
  readonly wishes: readonly Wish[];
  readonly onSet: (wishes: readonly Wish[]) => void;
}

function Tries({ tries, wishes, onSet }: TriesProps) {
  const offered = tries.flatMap((change) => {
    const wish = wishOfOption(change.option);
    return wish ? [{ change, wish }] : [];
  });
  if (offered.length === 0)
    return <p className="m t12 quiet">Nothing was found that would make it shorter.</p>;
  const isOn = (wish: Wish) => wishes.some(({ deed, text }) => deed === wish.deed && text === wish.text);
  return (
    <section aria-label="What could be tried">
      <div className="hd">
        <h2>What could be tried</h2>
        <span className="sp" />
        <Button variant="default" size="xs" onClick={() => onSet(offered.map(({ wish }) => wish))}>
          Simulate all
        </Button>
      </div>
      {offered.map(({ change, wish }) => (
        <div className="change" key={change.option}>
          <b className="tn">−{duration(change.saving_ns)}</b>
          <Switch
            size="xs"
            withThumbIndicator={false}
            label={change.words}
            checked={isOn(wish)}
            onChange={() =>
              onSet(
                isOn(wish)
                  ? wishes.filter(({ deed, text }) => deed !== wish.deed || text !== wish.text)
                  : [...wishes, wish],
              )
            }
          />
        </div>
      ))}
    </section>
  );
}
