import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { questionQuery } from "../../api/questions";
import type { Regressions } from "../../api/views.gen";
import { readListAddress, withParts } from "../../lib/address";
import { counted } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { ChangesTable, keyOf } from "./ChangesTable";
import { Chosen } from "./Chosen";
import { Said } from "./Said";
import "./regressions.css";

/** What got slower, dearer or less reliable: since when, by how much, and what changed then. */
export default function RegressionsPage() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const address = readListAddress(search);
  const { agent, environment, version } = address.filters;
  const given = new URLSearchParams(search);
  const show = given.get("show") === "all" ? "all" : "worse";
  const query = useQuery(
    questionQuery<Regressions>("regressions", { agent, environment, version, show, limit: "100" }, address),
  );
  return (
    <Page crumb={<b>Regressions</b>}>
      <title>Regressions · Longpole</title>
      <PageHead
        title="Regressions"
        note={
          query.data &&
          `${counted(query.data.series, "series", "series")} looked through for a change of level`
        }
      >
        <SegmentedControl
          aria-label="Which changes"
          value={show}
          data={[
            { value: "worse", label: "Worse" },
            { value: "all", label: "All changes" },
          ]}
          onChange={(value) => navigate(path + withParts(search, { show: value === "all" ? value : null }))}
        />
        <TimeRange ranges={["7d", "30d", "60d"]} usual="60d" />
      </PageHead>
      <Asked query={query} what="The regressions" heights={[62, 300, 320]}>
        {(found) => {
          const chosen = found.items.find((item) => keyOf(item) === given.get("change")) ?? found.items[0];
          if (!chosen) return <Nothing found={found} />;
          return (
            <>
              <Said found={found} />
              <Chosen change={chosen} found={found} />
              <ChangesTable items={found.items} chosen={keyOf(chosen)} />
            </>
          );
        }}
      </Asked>
    </Page>
  );
}

function Nothing({ found }: { readonly found: Regressions }) {
  return (
    <Empty title="Nothing got worse in this time.">
      <p>
        {counted(found.series, "series", "series")} of durations, errors, tokens, cost and calls kept their
        level.{" "}
        {found.series_too_short > 0 &&
          `${counted(found.series_too_short, "series", "series")} had too few points to tell.`}
      </p>
    </Empty>
  );
}
