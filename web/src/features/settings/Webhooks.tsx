import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { removeWebhook, setWebhook, testWebhook, webhooksQuery } from "../../api/settings";
import type { WebhookDeliveryItem, WebhookItem } from "../../api/views.gen";
import { ago, count, counted } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { Asked } from "../../ui/Asked";
import { Confirm } from "../../ui/Confirm";

/** Addresses that are told of events, and what was sent to them last. */
export function Webhooks() {
  return (
    <Asked query={useQuery(webhooksQuery())} what="The webhooks" heights={[62, 200]}>
      {({ items, deliveries }) => {
        const dead = deliveries.filter(({ state }) => state === "dead").length;
        const waiting = deliveries.filter(({ state }) => state === "waiting").length;
        return (
          <>
            <section className="card verdict" aria-label="How it stands">
              <p className="says">
                <b>{items.length === 0 ? "No webhook" : counted(items.length, "webhook")}</b>
                {items.length > 0 &&
                  ` told of events; ${counted(waiting, "delivery", "deliveries")} waiting, ${count(dead)} given up`}
                .
              </p>
            </section>
            <WebhookForm />
            {items.length > 0 && <Addresses items={items} />}
            {deliveries.length > 0 && <Deliveries items={deliveries} />}
          </>
        );
      }}
    </Asked>
  );
}

function WebhookForm() {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const setting = useMutation({
    mutationFn: () => setWebhook(name.trim(), url.trim()),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["settings", "webhooks"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setting.mutate();
  };
  return (
    <section className="card" aria-label="New webhook">
      <div className="hd">
        <h2>New webhook</h2>
        <span className="m t12">told of all events; kinds, agents and secrets: longpole webhooks set</span>
      </div>
      <form className="settings-form" onSubmit={submit}>
        <TextInput
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Address"
          required
          type="url"
          placeholder="https://"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <Button type="submit" loading={setting.isPending} disabled={!name.trim() || !url.trim()}>
          Keep it
        </Button>
      </form>
      {setting.error && (
        <p className="bad verdict" role="alert">
          {reasonOf(setting.error)}
        </p>
      )}
      {setting.data?.secret && (
        <div className="settings-made note warn" role="status">
          <p>Its secret signs what is sent. It is shown this once.</p>
          <code>{setting.data.secret}</code>
        </div>
      )}
    </section>
  );
}

function Addresses({ items }: { readonly items: readonly WebhookItem[] }) {
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["settings", "webhooks"] });
  const testing = useMutation({ mutationFn: testWebhook, onSettled: again });
  return (
    <section className="card scroll" aria-label="Webhooks">
      <table className="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Address</th>
            <th>Of what</th>
            <th>Agent</th>
            <th aria-label="Deeds" />
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.workspace + item.name}>
              <td>
                <b>{item.name}</b>
              </td>
              <td className="mono">{item.address}</td>
              <td>{item.kinds.join(", ") || "everything"}</td>
              <td>{item.agent ?? "all"}</td>
              <td className="settings-deeds">
                <Button variant="default" size="xs" onClick={() => testing.mutate(item.name)}>
                  Test
                </Button>
                <Confirm
                  deed="Forget"
                  question={`Forget the webhook ${item.name}?`}
                  onDo={() => removeWebhook(item.name).then(again)}
                >
                  It is told of nothing any more.
                </Confirm>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {testing.error && (
        <p className="bad verdict" role="alert">
          {reasonOf(testing.error)}
        </p>
      )}
      {testing.data && (
        <p className="verdict" role="status">
          The test was {testing.data.state}
          {testing.data.error && `: ${testing.data.error}`}.
        </p>
      )}
    </section>
  );
}

function Deliveries({ items }: { readonly items: readonly WebhookDeliveryItem[] }) {
  return (
    <section className="card" aria-label="Deliveries">
      <div className="hd">
        <h2>What was sent last</h2>
      </div>
      <div className="scroll">
        <table className="table">
          <thead>
            <tr>
              <th>To</th>
              <th>Event</th>
              <th>State</th>
              <th className="r">Tries</th>
              <th className="r">When</th>
              <th>Why not</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.delivery_id}>
                <td>{item.name}</td>
                <td>{item.kind}</td>
                <td>
                  <span
                    className={`chip ${item.state === "dead" ? "bad" : item.state === "delivered" ? "good" : ""}`}
                  >
                    {item.state}
                  </span>
                </td>
                <td className="r">{count(item.attempts)}</td>
                <td className="r m">{ago(item.created_at, Date.now())}</td>
                <td>{item.error ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
