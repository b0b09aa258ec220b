import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { alertsQuery, rulePictureQuery, rulesQuery } from "../../api/alerts";
import type { AlertItem, RuleItem, RulePreview } from "../../api/views.gen";
import { cost, count, percent } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import "./cost.css";

const NANOS = 1e9;

/** How every budget stands: what is used of it, and whether it will be overrun. */
export function Budgets() {
  const rules = useQuery(rulesQuery());
  const alerts = useQuery(alertsQuery()).data;
  const budgets = rules.data?.items.filter(({ text }) => text.budget) ?? [];
  return (
    <section className="card" aria-label="Budgets">
      <div className="hd">
        <h2>Budgets</h2>
        <span className="m t12">
          {rules.error
            ? reasonOf(rules.error)
            : budgets.length === 0 &&
              "No budget is set. One tells when it is used up, and when it will be at this pace."}
        </span>
        <span className="sp" />
        <Link className="t12" href="/alerts?rule=new">
          Set a budget
        </Link>
      </div>
      {budgets.map((rule) => (
        <Budget
          key={rule.workspace + rule.rule_id}
          rule={rule}
          alerts={[...(alerts?.items ?? []), ...(alerts?.pending ?? [])].filter(
            ({ rule_id }) => rule_id === rule.rule_id,
          )}
        />
      ))}
    </section>
  );
}

function Budget({ rule, alerts }: { readonly rule: RuleItem; readonly alerts: readonly AlertItem[] }) {
  const picture = useQuery(rulePictureQuery(rule.rule_id, rule.workspace));
  const preview = picture.data;
  const used = preview && mostUsed(preview);
  const print = (value: number) => (preview?.unit === "money" ? cost(value / NANOS) : count(value));
  const share = preview && used !== null && used !== undefined ? used / preview.limit : null;
  return (
    <div className="cost-budget">
      <div>
        <Link className="strong-link" href={`/alerts?rule=${encodeURIComponent(rule.rule_id)}`}>
          {rule.title}
        </Link>
        <div className="m t12">{rule.words}</div>
      </div>
      <div>
        <div className="cost-used" role="img" aria-label={`${percent(share)} of ${rule.title} is used`}>
          <i
            className={share !== null && share >= 1 ? "over" : ""}
            style={{ width: `${Math.min(100, (share ?? 0) * 100)}%` }}
          />
        </div>
        <div className="t12 tn">
          {picture.error
            ? reasonOf(picture.error)
            : preview &&
              (used === null || used === undefined
                ? "What is used is unknown."
                : `${print(used)} of ${preview.limit_text} used (${percent(share)})`)}
        </div>
      </div>
      <div className="t12">
        {alerts.map((alert) => (
          <p key={alert.alert_id} className={alert.level === "warning" ? "warn" : "bad"}>
            {alert.said}
          </p>
        ))}
        {alerts.length === 0 && <p className="m">{rule.trouble ?? "No overrun is foretold."}</p>}
      </div>
    </div>
  );
}

/** The last known value of the subject that used most. */
function mostUsed({ lines }: RulePreview): number | null {
  const last = lines.flatMap(({ values }) => values.findLast((value) => value !== null) ?? []);
  return last.length > 0 ? Math.max(...last) : null;
}
