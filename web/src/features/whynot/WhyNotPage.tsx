import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearch } from "wouter";
import { overviewQuery } from "../../api/queries";
import { questionQuery } from "../../api/questions";
import type { SessionPage, WhyNot } from "../../api/views.gen";
import { readListAddress } from "../../lib/address";
import { Asked } from "../../ui/Asked";
import { Page } from "../../ui/Page";
import { TimeRange } from "../../ui/TimeRange";
import { TypeIn } from "../../ui/TypeIn";
import { Answer } from "./Answer";
import { NobodyChosen } from "./NobodyChosen";
import "./whynot.css";

const EVER = { range: "all", from: "", to: "" };

/** Why an agent did not do its work, in one conversation or at all: the answer, then the evidence. */
export default function WhyNotPage() {
  const address = readListAddress(useSearch());
  const { agent, session, environment, version, user } = address.filters;
  const agents = useQuery(overviewQuery(EVER)).data?.agents.map((one) => one.agent) ?? [];
  return (
    <Page crumb={<b>Why not?</b>}>
      <title>Why not? · Longpole</title>
      <h1 className="hidden">Why not?</h1>
      <section className="card why-line" aria-label="Question">
        <span>Why did</span>
        <TypeIn name="agent" label="Agent" none="which agent" options={agents} />
        <span>not fire in</span>
        <Conversation />
        <span>within</span>
        <TimeRange />
        <span>?</span>
      </section>
      {agent ? (
        <AskedAbout key={agent} agent={agent} wishes={{ agent, session, environment, version, user }} />
      ) : (
        <NobodyChosen agents={agents} />
      )}
    </Page>
  );
}

function Conversation() {
  const [text, setText] = useState("");
  const found = useQuery(questionQuery<SessionPage>("sessions", { text, limit: "50" })).data?.items ?? [];
  return (
    <TypeIn
      name="session"
      label="Conversation"
      none="any conversation"
      options={found.map(({ session_id }) => session_id)}
      onType={setText}
    />
  );
}

interface AskedProps {
  readonly agent: string;
  readonly wishes: Readonly<Record<string, string | undefined>>;
}

function AskedAbout({ agent, wishes }: AskedProps) {
  const address = readListAddress(useSearch());
  const query = useQuery(questionQuery<WhyNot>("why-not", wishes, address));
  const usual = useQuery(questionQuery<WhyNot>("why-not", { agent }));
  return (
    <Asked query={query} what="The answer" heights={[150, 260]}>
      {(why) => <Answer why={why} latest={usual.data ?? why} session={wishes.session ?? null} />}
    </Asked>
  );
}
