import { Button, Modal, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { keepRule, rulePreviewQuery } from "../../api/alerts";
import type { RulePreview, RuleText } from "../../api/views.gen";
import { reasonOf } from "../../lib/problem";
import {
  FIELDS,
  type Field,
  KINDS,
  type Kind,
  kindOf,
  ruleOf,
  type Values,
  valuesOf,
} from "../../lib/ruleForm";
import { LimitPicture } from "./LimitPicture";

interface Props {
  /** The rule that is changed; none to make a new one. */
  readonly rule: RuleText | null;
  readonly targets: readonly string[];
  readonly onClose: () => void;
}

/** Makes or changes a rule, and says what it would have done over the last 30 days. */
export function RuleForm({ rule, targets, onClose }: Props) {
  const [kind, setKind] = useState<Kind>(rule ? kindOf(rule) : "threshold");
  const [values, setValues] = useState<Values>(() => valuesOf(rule));
  const queries = useQueryClient();
  const text = ruleOf(kind, values, rule);
  const keeping = useMutation({
    mutationFn: () => keepRule(text),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["alerts"] });
      onClose();
    },
  });
  const set = (name: string, value: string) => setValues((before) => ({ ...before, [name]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keeping.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={rule ? "Change the rule" : "New rule"} size={620}>
      <form className="alerts-form" onSubmit={submit}>
        <TextInput
          label="Name"
          placeholder="Triage fails"
          data-autofocus
          required
          readOnly={rule !== null}
          value={values.name ?? ""}
          onChange={(event) => set("name", event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label="What it watches"
          data={KINDS.map(({ kind: value, words: label }) => ({ value, label }))}
          value={kind}
          onChange={(value) => setKind(value as Kind)}
        />
        <div className="alerts-fields">
          {FIELDS[kind].map((field) => (
            <Input key={field.name} field={field} value={values[field.name] ?? ""} onChange={set} />
          ))}
          {targets.length > 0 && (
            <Input
              field={{
                name: "notify",
                label: "Tell",
                options: [["", "nobody"], ...targets.map((one) => [one, one] as const)],
              }}
              value={values.notify ?? ""}
              onChange={set}
            />
          )}
        </div>
        <Preview text={text} />
        {keeping.error && (
          <div className="note bad" role="alert">
            {reasonOf(keeping.error)}
          </div>
        )}
        <div className="alerts-buttons">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={keeping.isPending}>
            Keep
          </Button>
        </div>
      </form>
    </Modal>
  );
}

interface InputProps {
  readonly field: Field;
  readonly value: string;
  readonly onChange: (name: string, value: string) => void;
}

function Input({ field, value, onChange }: InputProps) {
  if (field.options) {
    return (
      <NativeSelect
        label={field.label}
        data={field.options.map(([option, label]) => ({ value: option, label }))}
        value={value}
        onChange={(event) => onChange(field.name, event.currentTarget.value)}
      />
    );
  }
  return (
    <TextInput
      label={field.label}
      placeholder={field.example ?? ""}
      value={value}
      onChange={(event) => onChange(field.name, event.currentTarget.value)}
    />
  );
}

function Preview({ text }: { readonly text: RuleText }) {
  const named = { ...text, name: text.name || "this rule" };
  // As text: a new object with the same parts is the same question.
  const [asked] = useDebouncedValue(JSON.stringify(named), 500);
  const { data, error, isFetching } = useQuery(rulePreviewQuery(JSON.parse(asked) as RuleText));
  return (
    <output className="alerts-preview" aria-busy={isFetching}>
      {error ? (
        <span className="m">{reasonOf(error)}</span>
      ) : data ? (
        <>
          <p>
            <b>{wouldHave(data)}</b>
          </p>
          <p className="m t12">{data.words}</p>
          <LimitPicture preview={data} width={560} height={72} />
        </>
      ) : (
        <span className="m">Looking at the last 30 days…</span>
      )}
    </output>
  );
}

function wouldHave(preview: RulePreview): string {
  if (preview.unknown_past != null)
    return `It ${preview.fired > 0 ? "fires" : "does not fire"} now. ${preview.unknown_past}`;
  if (preview.fired === 0) return "It would never have fired in the last 30 days.";
  return `It would have fired ${preview.fired === 1 ? "once" : `${preview.fired} times`} in the last 30 days.`;
}
