import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useSearch } from "wouter";
import { questionQuery } from "../../api/questions";
import type { SessionDetail } from "../../api/views.gen";
import { onlyRange, withParts } from "../../lib/address";
import { counted, duration, fullTime } from "../../lib/format";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { SessionFigures } from "./SessionFigures";
import { TalkCard } from "./TalkCard";
import { Turns } from "./Turns";
import "./session.css";

/** One conversation, turn by turn; the time of agents and of the user kept apart. */
export default function SessionPage({ id }: { readonly id: string }) {
  const search = useSearch();
  const query = useQuery(questionQuery<SessionDetail>("session", { session: id }));
  return (
    <Page
      crumb={
        <>
          <Link href={`/sessions${onlyRange(search)}`}>Sessions</Link>
          <i>/</i>
          <b className="cut">{id}</b>
        </>
      }
    >
      <title>{`${id} · Longpole`}</title>
      <Asked query={query} what="The session" heights={[60, 76, 110, 400]}>
        {(detail) => <Answer detail={detail} />}
      </Asked>
    </Page>
  );
}

function Answer({ detail }: { readonly detail: SessionDetail }) {
  const { session, turns, turns_left_out } = detail;
  const search = useSearch();
  const [path, navigate] = useLocation();
  const chosen = Number(new URLSearchParams(search).get("turn") ?? "0") - 1;
  const choose = (turn: number) =>
    navigate(path + withParts(search, { turn: turn === chosen ? null : String(turn + 1) }), {
      replace: true,
    });
  return (
    <>
      <div className="page-head">
        <h1>{session.session_id}</h1>
        <span className="m t12 cut">
          {fullTime(session.first_at)}
          {session.user_id && ` · user ${session.user_id}`}
          {` · ${session.agents.map(({ agent }) => agent).join(", ")}`}
        </span>
        <span className="sp" />
        <Button
          component={Link}
          variant="default"
          href={`/executions?session=${encodeURIComponent(session.session_id)}`}
        >
          All its executions
        </Button>
      </div>
      <p className="says">
        <b>
          {counted(session.turns, "turn")} in {duration(session.duration_ns)}: agents worked{" "}
          {duration(session.busy_ns)}, the user took {duration(session.think_ns)}.
        </b>{" "}
        <span className="m">
          {session.failed > 0 && `${counted(session.failed, "turn")} failed. `}
          {session.running > 0 && `${counted(session.running, "turn")} still running. `}
        </span>
      </p>
      <SessionFigures session={session} turns={turns} />
      <TalkCard turns={turns} chosen={chosen} onPick={choose} />
      <Turns turns={turns} chosen={chosen} onPick={choose} />
      {turns_left_out > 0 && (
        <div className="note">
          {counted(turns_left_out, "later turn")} not shown.{" "}
          <Link href={`/executions?session=${encodeURIComponent(session.session_id)}&parent=none`}>
            All of them in the list
          </Link>
        </div>
      )}
    </>
  );
}
