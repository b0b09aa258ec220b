import { ActionIcon, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { questionQuery, type Wishes } from "../../api/questions";
import type { Differences } from "../../api/views.gen";
import { TraitList } from "../../charts/TraitList";
import { type ListAddress, withParts } from "../../lib/address";
import { count, duration } from "../../lib/format";
import { MILLISECOND } from "../../lib/time";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import { wishesOf } from "./Strip";

interface Props {
  readonly address: ListAddress;
  /** Ids of those that are asked about; none means the slow ones. */
  readonly chosen: readonly string[];
  readonly onClose: () => void;
}

/** What the selected executions, or the slow ones, have more often than the others of the list. */
export function DifferencesPanel({ address, chosen, onClose }: Props) {
  const wishes: Wishes = {
    ...wishesOf(address),
    ...(chosen.length > 0 ? { chosen_id: chosen.join(",") } : {}),
  };
  const query = useQuery(questionQuery<Differences>("differences", wishes, address));
  return (
    <aside className="card differences" aria-label="What is different">
      <div className="hd">
        <h2>What is different about {chosen.length > 0 ? "these" : "the slow ones"}</h2>
        <span className="sp" />
        <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}>
          <Icon name="x" size={12} />
        </ActionIcon>
      </div>
      <Asked query={query} what="The differences" heights={[200]}>
        {(told) => <Answer told={told} />}
      </Asked>
    </aside>
  );
}

function Answer({ told }: { readonly told: Differences }) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const { slower_than_ns: limit } = told;
  return (
    <>
      <p className="t12 lead">
        <b>
          {count(told.chosen)} {limit === null ? "selected" : "slower than p95"}
        </b>{" "}
        {limit !== null && <span className="m">({duration(limit)}) </span>}
        against {count(told.others)} others.{" "}
        {told.differences.length > 0 ? "Share that has it:" : "No certain difference was found."}
      </p>
      <TraitList traits={told.differences} />
      {told.tested > 0 && (
        <p className="t12 m lead foot">
          {told.alike.length > 0 && (
            <>
              No difference in: <span className="ink">{told.alike.join(", ")}</span>.{" "}
            </>
          )}
          {count(told.tested)} attributes tested, corrected for their number, shown if p &lt; 0.001. Points,
          not causes.
        </p>
      )}
      {limit !== null && told.chosen > 0 && (
        <div className="lead">
          <Button
            size="compact-sm"
            variant="default"
            onClick={() =>
              navigate(
                path +
                  withParts(search, {
                    min_duration: `${Math.floor(limit / MILLISECOND)}ms`,
                    different: null,
                  }),
              )
            }
          >
            Filter to these {count(told.chosen)}
          </Button>
        </div>
      )}
    </>
  );
}
