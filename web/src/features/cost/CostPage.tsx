import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { overviewQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import type { Costs } from "../../api/views.gen";
import { onlyRange, readListAddress, withParts } from "../../lib/address";
import { Asked } from "../../ui/Asked";
import { FirstSteps } from "../../ui/FirstSteps";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Pick } from "../../ui/Pick";
import { Empty } from "../../ui/States";
import { TimeRange } from "../../ui/TimeRange";
import { Budgets } from "./Budgets";
import { CostsOverTime } from "./CostsOverTime";
import { PartsTable } from "./PartsTable";
import { Said } from "./Said";
import { Unpriced } from "./Unpriced";

const BY = [
  "agent",
  "model",
  "provider",
  "user",
  "session",
  "day",
  "version",
  "environment",
  "tier",
] as const;

/** What model calls cost, by what, and how budgets stand. */
export default function CostPage() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const address = readListAddress(search);
  const { agent, environment, version } = address.filters;
  const wishes = { agent, environment, version };
  const asked = new URLSearchParams(search).get("by") ?? "agent";
  const by = BY.find((each) => each === asked) ?? "agent";
  const agents = useQuery(overviewQuery(address)).data?.agents ?? [];
  const query = useQuery(questionQuery<Costs>("costs", { ...wishes, by, limit: "100" }, address));
  const days = useQuery(questionQuery<Costs>("costs", { ...wishes, by: "day", limit: "400" }, address));
  const models = useQuery(questionQuery<Costs>("costs", { ...wishes, by: "model", limit: "200" }, address));
  return (
    <Page crumb={<b>Cost and budgets</b>}>
      <title>Cost and budgets · Longpole</title>
      <PageHead title="Cost and budgets">
        <Select
          aria-label="Costs by"
          data={BY.map((value) => ({ value, label: `By ${value}` }))}
          value={by}
          w={140}
          allowDeselect={false}
          onChange={(value) =>
            navigate(path + withParts(search, { by: value === "agent" ? null : value, sort: null }))
          }
        />
        <Pick name="agent" label="Agent" none="All agents" options={agents.map((one) => one.agent)} />
        <TimeRange />
      </PageHead>
      <Asked query={query} what="The costs" heights={[62, 260, 320]}>
        {(costs) =>
          costs.total.calls === 0 ? (
            onlyRange(search) || agent ? (
              <Empty title="No model was called in this time range. Choose a longer one." />
            ) : (
              <FirstSteps />
            )
          ) : (
            <>
              <Said costs={costs} days={days.data} />
              <Asked query={days} what="The costs by day" heights={[250]}>
                {(daily) => (
                  <CostsOverTime
                    days={daily}
                    by={by === "model" ? "model" : "agent"}
                    wishes={wishes}
                    address={address}
                  />
                )}
              </Asked>
              <Budgets />
              <PartsTable costs={costs} range={onlyRange(search)} />
              {models.data && <Unpriced costs={models.data} />}
            </>
          )
        }
      </Asked>
    </Page>
  );
}
