import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { questionQuery, type Wishes } from "../../api/questions";
import type { Differences } from "../../api/views.gen";
import { TraitList } from "../../charts/TraitList";
import { count } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { Icon } from "../../ui/icons";
import type { Times } from "./OverviewPage";

interface Props {
  readonly wishes: Wishes;
  readonly times: Times;
  readonly onClose: () => void;
}

/** What the chosen executions have more often than the others. */
export function DifferencesPanel({ wishes, times, onClose }: Props) {
  const query = useQuery(questionQuery<Differences>("differences", wishes, times));
  return (
    <section className="different" aria-label="What is different">
      <div className="hd">
        <h2>What is different about them</h2>
        <span className="sp" />
        <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}>
          <Icon name="x" size={12} />
        </ActionIcon>
      </div>
      <Asked query={query} what="The differences" heights={[160]}>
        {(told) => (
          <>
            <p className="t12 m said">{told.message}</p>
            <TraitList traits={told.differences} />
            {told.tested > 0 && (
              <p className="t12 m said">
                {told.alike.length > 0 && <>No difference in: {told.alike.join(", ")}. </>}
                {count(told.tested)} attributes of {count(told.looked_at)} and {count(told.others_looked_at)}{" "}
                executions tested, corrected for their number, shown if p &lt; 0.001. Differences, not causes.
              </p>
            )}
          </>
        )}
      </Asked>
    </section>
  );
}
