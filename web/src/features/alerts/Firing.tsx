import { Button, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { acknowledge, silence } from "../../api/alerts";
import type { AlertItem, AlertPage } from "../../api/views.gen";
import { ago, counted } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { Icon } from "../../ui/icons";

const SILENCES = [
  ["1 h", "an hour"],
  ["8 h", "8 hours"],
  ["1 d", "a day"],
  ["7 d", "a week"],
] as const;

/** The verdict, and every alert that fires with what can be done about it. */
export function Firing({ alerts, who }: { readonly alerts: AlertPage; readonly who: string }) {
  const { items, pending, rules } = alerts;
  return (
    <section className="card" aria-label="Firing now">
      <p className="alerts-verdict">
        <span className={items.length > 0 ? "bad" : "good"}>
          <Icon name={items.length > 0 ? "bell" : "check"} size={18} />
        </span>
        {items.length > 0 ? (
          <span>
            <b>{counted(items.length, "alert")}</b> now, of {counted(rules, "rule")}
          </span>
        ) : (
          <span>Nothing fires. {counted(rules, "rule")} watched.</span>
        )}
        {pending.length > 0 && (
          <span className="m t12">{counted(pending.length, "condition")} held not long enough yet</span>
        )}
      </p>
      <ul className="alerts-list" aria-live="polite">
        {items.map((item) => (
          <One key={item.alert_id} item={item} who={who} />
        ))}
      </ul>
    </section>
  );
}

function One({ item, who }: { readonly item: AlertItem; readonly who: string }) {
  const queries = useQueryClient();
  const done = { onSuccess: () => queries.invalidateQueries({ queryKey: ["alerts"] }) };
  const taking = useMutation({ mutationFn: () => acknowledge(item.alert_id, item.workspace, who), ...done });
  const quieting = useMutation({
    mutationFn: (lasting: string) =>
      silence({
        rule_id: item.rule_id,
        subject: item.subject || null,
        workspace: item.workspace,
        lasting,
        silenced_by: who,
      }),
    ...done,
  });
  const failure = taking.error ?? quieting.error;
  const isWarning = item.level === "warning";
  return (
    <li>
      <span className={isWarning ? "warn" : "bad"} title={item.level}>
        <Icon name={isWarning ? "warn" : "bell"} size={16} />
        <span className="hidden">{item.level}</span>
      </span>
      <div className="alerts-why">
        <p>
          <b>{item.title}</b>
          {item.acknowledged_by && <span className="chip info">{item.acknowledged_by} looks after it</span>}
          {item.is_silenced && <span className="chip">silenced</span>}
        </p>
        <p className="alerts-said">{item.said}</p>
        {failure && (
          <p className="bad t12" role="alert">
            {reasonOf(failure)}
          </p>
        )}
      </div>
      <span className="m t12 tn">{item.fired_at && ago(item.fired_at, Date.now())}</span>
      <div className="alerts-deeds">
        <Button component={Link} href={item.link} variant="default" size="compact-sm">
          Evidence
        </Button>
        {!item.acknowledged_by && (
          <Button
            variant="default"
            size="compact-sm"
            loading={taking.isPending}
            onClick={() => taking.mutate()}
          >
            Acknowledge
          </Button>
        )}
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button variant="default" size="compact-sm" rightSection={<Icon name="down" size={11} />}>
              Silence
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {SILENCES.map(([lasting, words]) => (
              <Menu.Item key={lasting} onClick={() => quieting.mutate(lasting)}>
                for {words}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
    </li>
  );
}
