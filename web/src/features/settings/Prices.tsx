import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { pricesQuery, recompute, removePrice, setPrice } from "../../api/settings";
import type { PriceItem, Repriced } from "../../api/views.gen";
import { clockTime, cost, count, counted, NONE } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { Asked } from "../../ui/Asked";
import { Confirm } from "../../ui/Confirm";

const KINDS = [
  ["input_usd", "Input"],
  ["output_usd", "Output"],
  ["cache_read_usd", "From cache"],
  ["cache_write_usd", "Into cache"],
] as const;

/** Own prices: set, remove, and price stored calls again. */
export function Prices() {
  const prices = useQuery(pricesQuery());
  return (
    <Asked query={prices} what="The prices" heights={[62, 220]}>
      {({ items, public_version }) => (
        <>
          <section className="card verdict" aria-label="How it stands">
            <p className="says">
              <b>{items.length === 0 ? "No own price" : counted(items.length, "own price")}</b>;{" "}
              {public_version} prices every other model.
            </p>
            <p className="m t12">
              A price holds for what arrives from now on. Stored calls keep theirs until they are priced
              again.
            </p>
          </section>
          <PriceForm />
          {items.length > 0 && <PriceTable items={items} />}
          <Again />
        </>
      )}
    </Asked>
  );
}

function PriceForm() {
  const queries = useQueryClient();
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const setting = useMutation({
    mutationFn: () => {
      const usd = KINDS.flatMap(([kind]) =>
        values[kind]?.trim() ? [[kind, Number(values[kind])] as const] : [],
      );
      return setPrice({
        model: values.model?.trim() ?? "",
        provider: values.provider?.trim() ?? "",
        ...Object.fromEntries(usd),
      });
    },
    onSuccess: () => {
      setValues({});
      return queries.invalidateQueries({ queryKey: ["settings", "prices"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setting.mutate();
  };
  const field = (name: string, label: string, isNumber: boolean, isRequired = false) => (
    <TextInput
      key={name}
      label={label}
      required={isRequired}
      inputMode={isNumber ? "decimal" : "text"}
      value={values[name] ?? ""}
      onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
    />
  );
  return (
    <section className="card" aria-label="Set a price">
      <div className="hd">
        <h2>Set a price</h2>
        <span className="m t12">US dollars for a million tokens; a model may end in *</span>
      </div>
      <form className="settings-form" onSubmit={submit}>
        {field("model", "Model", false, true)}
        {field("provider", "Provider (all if empty)", false)}
        {KINDS.map(([kind, label]) => field(kind, label, true))}
        <Button type="submit" loading={setting.isPending} disabled={!values.model?.trim()}>
          Set it
        </Button>
      </form>
      {setting.error && (
        <p className="bad verdict" role="alert">
          {reasonOf(setting.error)}
        </p>
      )}
    </section>
  );
}

function PriceTable({ items }: { readonly items: readonly PriceItem[] }) {
  const queries = useQueryClient();
  const remove = (price: PriceItem) =>
    removePrice(price).then(() => queries.invalidateQueries({ queryKey: ["settings", "prices"] }));
  const told = (usd: number | null) => (usd === null ? NONE : cost(usd));
  return (
    <section className="card scroll" aria-label="Own prices">
      <table className="table">
        <thead>
          <tr>
            <th>Model</th>
            <th>Provider</th>
            <th>Workspace</th>
            <th>From</th>
            {KINDS.map(([kind, label]) => (
              <th key={kind} className="r">
                {label}
              </th>
            ))}
            <th aria-label="Deeds" />
          </tr>
        </thead>
        <tbody>
          {items.map((price) => (
            <tr key={`${price.workspace} ${price.provider} ${price.model} ${price.from_time}`}>
              <td>
                <b>{price.model}</b>
              </td>
              <td>{price.provider || "all"}</td>
              <td>{price.workspace}</td>
              <td className="m tn">
                {price.from_time.startsWith("1970")
                  ? "the beginning"
                  : clockTime(price.from_time, Date.now())}
              </td>
              {KINDS.map(([kind]) => (
                <td key={kind} className="r">
                  {told(price[kind])}
                </td>
              ))}
              <td className="r">
                <Confirm
                  deed="Remove"
                  question={`Remove the price of ${price.model}?`}
                  onDo={() => remove(price)}
                >
                  What arrives from now on is priced by the public list, if it knows the model.
                </Confirm>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Again() {
  const queries = useQueryClient();
  const trying = useMutation({ mutationFn: () => recompute(true) });
  const [done, setDone] = useState<Repriced | null>(null);
  const told = done ?? trying.data;
  const go = async () => {
    setDone(await recompute(false));
    await queries.invalidateQueries();
  };
  return (
    <section className="card" aria-label="Price stored calls again">
      <div className="hd">
        <h2>Price stored calls again</h2>
        <span className="sp" />
        <Button variant="default" size="xs" loading={trying.isPending} onClick={() => trying.mutate()}>
          What would change?
        </Button>
        <Confirm deed="Price again" question="Price all stored calls again?" onDo={go}>
          Costs that are shown, and what budgets have used, change. It may take minutes.
        </Confirm>
      </div>
      <div className="verdict" aria-live="polite">
        {trying.error && <p className="bad">{reasonOf(trying.error)}</p>}
        {told && (
          <p>
            {told.is_done ? "Done: " : "It would change "}
            {count(told.changed)} of {counted(told.calls, "call")}; {count(told.priced)} had no cost before,{" "}
            {count(told.unpriced)} have none then. {cost(told.cost_before_usd)} →{" "}
            <b>{cost(told.cost_after_usd)}</b>.
          </p>
        )}
      </div>
    </section>
  );
}
