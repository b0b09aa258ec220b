import { useQuery } from "@tanstack/react-query";
import { useSearch } from "wouter";
import { overviewQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import type { SessionPage } from "../../api/views.gen";
import { onlyRange, readListAddress } from "../../lib/address";
import { count } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { Pick } from "../../ui/Pick";
import { SearchText } from "../../ui/SearchText";
import { TimeRange } from "../../ui/TimeRange";
import { NoSessions } from "./NoSessions";
import { SessionsTable } from "./SessionsTable";

const MOST = 200;
/** Columns that the server sorts by, so that the first rows are the first of all. */
const SORTS = ["last", "first", "turns", "duration", "busy", "think", "tokens", "cost", "failed"];

/** Conversations: how many turns, how long agents worked and people thought, what they cost. */
export default function SessionsPage() {
  const search = useSearch();
  const given = new URLSearchParams(search);
  const address = readListAddress(search);
  const sort = given.get("sort") ?? "-last";
  const column = sort.replace(/^-/, "");
  const agents = useQuery(overviewQuery(address)).data?.agents ?? [];
  const query = useQuery(
    questionQuery<SessionPage>(
      "sessions",
      {
        agent: address.filters.agent,
        user: address.filters.user,
        text: address.text,
        ...(SORTS.includes(column) ? { sort: column, order: sort.startsWith("-") ? "desc" : "asc" } : {}),
        limit: String(MOST),
      },
      address,
    ),
  );
  const page = query.data;
  const note = page && page.sessions > 0 && noteOf(page);
  return (
    <Page crumb={<b>Sessions</b>}>
      <title>Sessions · Longpole</title>
      <PageHead title="Sessions" note={note}>
        <SearchText name="text" label="Session or user" />
        <Pick name="agent" label="Agent" none="All agents" options={agents.map(({ agent }) => agent)} />
        <TimeRange />
      </PageHead>
      <Asked query={query} what="The sessions" heights={[480]}>
        {({ items }) =>
          items.length === 0 ? (
            <NoSessions isFiltered={Boolean(onlyRange(search) || address.text || address.filters.agent)} />
          ) : (
            <SessionsTable sessions={items} range={onlyRange(search)} />
          )
        }
      </Asked>
    </Page>
  );
}

function noteOf({ items, sessions }: SessionPage): string {
  return items.length < sessions
    ? `first ${count(items.length)} of ${count(sessions)}, by the column they are sorted by`
    : `${count(sessions)} in all`;
}
