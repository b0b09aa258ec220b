import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { alertHistoryQuery, alertsQuery, rulesQuery } from "../../api/alerts";
import type { AlertPage, RulePage } from "../../api/views.gen";
import { withParts } from "../../lib/address";
import { reasonOf } from "../../lib/problem";
import { Icon } from "../../ui/icons";
import { Page } from "../../ui/Page";
import { Empty, Failed, Waiting } from "../../ui/States";
import { Firing } from "./Firing";
import { History } from "./History";
import { Quiet } from "./Quiet";
import { RuleForm } from "./RuleForm";
import { Rules } from "./Rules";
import "./alerts.css";

const NAME_KEY = "longpole.name";

/** What fires now, the rules with what they watch, and what fired. */
export default function AlertsPage() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const edited = new URLSearchParams(search).get("rule");
  const [who, setWho] = useState(() => localStorage.getItem(NAME_KEY) ?? "");
  const alerts = useQuery(alertsQuery());
  const rules = useQuery(rulesQuery());
  const edit = (rule: string | null) => navigate(path + withParts(search, { rule }));
  const failure = alerts.error ?? rules.error;
  return (
    <Page crumb={<b>Alerts</b>}>
      <title>Alerts · Longpole</title>
      <div className="alerts-head">
        <h1>Alerts</h1>
        <span className="sp" />
        <TextInput
          w={150}
          aria-label="Your name, for what you acknowledge and silence"
          placeholder="Your name"
          value={who}
          onChange={(event) => {
            setWho(event.currentTarget.value);
            localStorage.setItem(NAME_KEY, event.currentTarget.value);
          }}
        />
        <Button leftSection={<Icon name="plus" size={13} />} onClick={() => edit("new")}>
          New rule
        </Button>
      </div>
      {alerts.data && rules.data ? (
        <Answer
          alerts={alerts.data}
          rules={rules.data}
          who={who.trim() || "somebody"}
          failure={failure}
          onEdit={edit}
        />
      ) : failure ? (
        <Failed
          what="The alerts could not be loaded"
          why={reasonOf(failure)}
          onRetry={() => {
            alerts.refetch();
            rules.refetch();
          }}
        />
      ) : (
        <Waiting heights={[110, 240, 240]} />
      )}
      {edited !== null && rules.data && (
        <RuleForm
          key={edited}
          rule={rules.data.items.find((item) => item.rule_id === edited)?.text ?? null}
          targets={rules.data.targets.map((target) => target.target)}
          onClose={() => edit(null)}
        />
      )}
    </Page>
  );
}

interface AnswerProps {
  readonly alerts: AlertPage;
  readonly rules: RulePage;
  readonly who: string;
  readonly failure: Error | null;
  readonly onEdit: (rule: string) => void;
}

function Answer({ alerts, rules, who, failure, onEdit }: AnswerProps) {
  const history = useQuery(alertHistoryQuery());
  if (rules.items.length === 0 && alerts.items.length === 0) {
    return (
      <Empty title="Nothing is watched yet.">
        <p>
          A rule watches a number, that something runs, or a budget, and tells when it is not as it should be.
        </p>
        <Button onClick={() => onEdit("new")}>Make the first rule</Button>
        <pre className="code">longpole alerts apply rules.yaml</pre>
      </Empty>
    );
  }
  return (
    <>
      {failure && <div className="note warn">What you see is from before: {reasonOf(failure)}</div>}
      <Firing alerts={alerts} who={who} />
      <Quiet alerts={alerts} />
      <Rules rules={rules.items} onEdit={onEdit} />
      {history.data && <History items={history.data.items} />}
    </>
  );
}
