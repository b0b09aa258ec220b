import { Button, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keepRule, removeRule, rulePictureQuery } from "../../api/alerts";
import type { RuleItem } from "../../api/views.gen";
import { counted } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { LimitPicture } from "./LimitPicture";

interface Props {
  readonly rules: readonly RuleItem[];
  readonly onEdit: (rule: string) => void;
}

/** Every rule in words, with the value that it watches over the last week against its limit. */
export function Rules({ rules, onEdit }: Props) {
  return (
    <section className="card" aria-label="Rules">
      <div className="hd">
        <h2>Rules</h2>
        <span className="m t12">the watched value over the last 7 days against its limit</span>
      </div>
      <ul className="alerts-list">
        {rules.map((rule) => (
          <One key={`${rule.workspace} ${rule.rule_id}`} rule={rule} onEdit={onEdit} />
        ))}
      </ul>
    </section>
  );
}

function One({ rule, onEdit }: { readonly rule: RuleItem; readonly onEdit: (rule: string) => void }) {
  const queries = useQueryClient();
  const done = { onSuccess: () => queries.invalidateQueries({ queryKey: ["alerts"] }) };
  const switching = useMutation({
    mutationFn: (isEnabled: boolean) => keepRule({ ...rule.text, is_enabled: isEnabled }),
    ...done,
  });
  const removing = useMutation({ mutationFn: () => removeRule(rule.rule_id, rule.workspace), ...done });
  const failure = switching.error ?? removing.error;
  return (
    <li className="alerts-rule">
      <div className="alerts-why">
        <p>
          <b>{rule.title}</b>
          {rule.firing > 0 && <span className="chip bad">{counted(rule.firing, "alert")} now</span>}
          {!rule.is_enabled && <span className="chip">off</span>}
        </p>
        <p className="m t12">{rule.words}</p>
        {rule.trouble && <p className="bad t12">It cannot be looked at: {rule.trouble}</p>}
        {failure && (
          <p className="bad t12" role="alert">
            {reasonOf(failure)}
          </p>
        )}
      </div>
      <Picture rule={rule} />
      <div className="alerts-deeds">
        <Switch
          aria-label={`${rule.title} is watched`}
          checked={rule.is_enabled}
          disabled={switching.isPending}
          onChange={(event) => switching.mutate(event.currentTarget.checked)}
        />
        <Button variant="default" size="compact-sm" onClick={() => onEdit(rule.rule_id)}>
          Edit
        </Button>
        <Button
          variant="default"
          size="compact-sm"
          loading={removing.isPending}
          onClick={() => removing.mutate()}
        >
          Remove
        </Button>
      </div>
    </li>
  );
}

function Picture({ rule }: { readonly rule: RuleItem }) {
  const { data, error } = useQuery(rulePictureQuery(rule.rule_id, rule.workspace));
  if (error) return <span className="alerts-picture m t12">No picture: {reasonOf(error)}</span>;
  return (
    <div className="alerts-picture">{data && <LimitPicture preview={data} width={220} height={42} />}</div>
  );
}
