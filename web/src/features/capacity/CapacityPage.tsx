import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { questionQuery } from "../../api/questions";
import type { Capacity } from "../../api/views.gen";
import { readListAddress, withParts } from "../../lib/address";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { Chosen } from "./Chosen";
import { keyOf, ResourcesTable } from "./ResourcesTable";
import { Said } from "./Said";

/** How much runs at once, where that is going, and when a limit is reached. */
export default function CapacityPage() {
  const search = useSearch();
  const given = new URLSearchParams(search);
  const address = readListAddress(search);
  const { agent, environment, version } = address.filters;
  const limits = (given.get("limits") ?? "").split(/\s*[,;]\s*/).filter(Boolean);
  const query = useQuery(
    questionQuery<Capacity>(
      "capacity",
      { agent, environment, version, rate_limit: limits, limit: "50" },
      address,
    ),
  );
  return (
    <Page crumb={<b>Capacity</b>}>
      <title>Capacity · Longpole</title>
      <PageHead title="Capacity">
        <Limits key={given.get("limits")} />
        <TimeRange ranges={["7d", "30d", "60d"]} usual="60d" />
      </PageHead>
      <Asked query={query} what="The capacity" heights={[62, 260, 320]}>
        {(capacity) => {
          const chosen =
            capacity.resources.find((one) => keyOf(one) === given.get("of")) ?? capacity.resources[0];
          return chosen ? (
            <>
              <Said capacity={capacity} />
              <Chosen use={chosen} capacity={capacity} />
              <ResourcesTable capacity={capacity} chosen={keyOf(chosen)} />
            </>
          ) : (
            <Empty title="Nothing ran in this time.">
              <p>Choose a longer time range.</p>
            </Empty>
          );
        }}
      </Asked>
    </Page>
  );
}

/** Limits that a provider has given: they lie in the address. */
function Limits() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const [text, setText] = useState(new URLSearchParams(search).get("limits") ?? "");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        navigate(path + withParts(search, { limits: text.trim() }));
      }}
    >
      <TextInput
        w={280}
        aria-label="Rate limits, such as gpt-5.2=500/min"
        placeholder="Limits: gpt-5.2=500/min, …"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
