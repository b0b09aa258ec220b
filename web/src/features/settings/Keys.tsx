import { Button, CopyButton, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { logIn, sessionQuery } from "../../api/session";
import { keysQuery, makeKey, revokeKey } from "../../api/settings";
import type { KeyItem, MadeKey } from "../../api/views.gen";
import { ago, clockTime, counted, NONE } from "../../lib/format";
import { reasonOf } from "../../lib/problem";
import { Asked } from "../../ui/Asked";
import { Confirm } from "../../ui/Confirm";

type Right = KeyItem["rights"][number];

const RIGHTS: readonly (readonly [Right, string])[] = [
  ["ingest", "send"],
  ["read", "read"],
  ["admin", "administer"],
];

/** Who may do what: make a key, see when it was used, revoke it. */
export function Keys() {
  const keys = useQuery(keysQuery());
  const session = useQuery(sessionQuery()).data;
  return (
    <Asked query={keys} what="The keys" heights={[62, 240]}>
      {({ items }) => {
        const active = items.filter(({ state }) => state === "active").length;
        return (
          <>
            <section className="card verdict" aria-label="How it stands">
              <p className="says">
                {items.length === 0 ? (
                  <span className="warn">
                    No key was made: whoever reaches this server may do everything.
                  </span>
                ) : (
                  <>
                    <b>{counted(active, "key")}</b> {active === 1 ? "opens" : "open"} this server, of{" "}
                    {counted(items.length, "key")} that were made.
                  </>
                )}
              </p>
              <p className="m t12">
                {session?.key_id
                  ? `You look with “${session.title}”, which may ${session.rights.join(", ")}.`
                  : "You look without a key."}
              </p>
            </section>
            <NewKeyForm isFirst={items.length === 0} />
            {items.length > 0 && <KeyTable items={items} own={session?.key_id ?? null} />}
          </>
        );
      }}
    </Asked>
  );
}

function NewKeyForm({ isFirst }: { readonly isFirst: boolean }) {
  const queries = useQueryClient();
  const [title, setTitle] = useState("");
  const [workspace, setWorkspace] = useState("");
  const [expires, setExpires] = useState("90d");
  // The first key must be able to make the next one.
  const [rights, setRights] = useState<readonly Right[]>(isFirst ? ["read", "admin"] : ["ingest"]);
  const making = useMutation({
    mutationFn: () =>
      makeKey({
        title: title.trim(),
        workspace: workspace.trim() || (isFirst ? "*" : null),
        rights,
        expires_in: expires || null,
      }),
    onSuccess: async ({ key }) => {
      setTitle("");
      // From the first key on the server asks for one: without a session this page, and the key on it, would be gone.
      if (isFirst) await logIn(key);
      await queries.invalidateQueries({ queryKey: ["settings"] });
      await queries.invalidateQueries({ queryKey: ["session"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <section className="card" aria-label="New key">
      <div className="hd">
        <h2>New key</h2>
        {isFirst && (
          <span className="warn t12">
            From the first key on, nobody gets in without one. Keep it before you go on.
          </span>
        )}
      </div>
      <form className="settings-form" onSubmit={submit}>
        <TextInput
          label="For what"
          placeholder="the nightly job"
          required
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <TextInput
          label="Workspace"
          placeholder={isFirst ? "* (the whole server)" : "default; * is the whole server"}
          value={workspace}
          onChange={(event) => setWorkspace(event.currentTarget.value)}
        />
        <NativeSelect
          label="Holds for"
          value={expires}
          data={[
            { value: "7d", label: "a week" },
            { value: "90d", label: "90 days" },
            { value: "365d", label: "a year" },
            { value: "", label: "until it is revoked" },
          ]}
          onChange={(event) => setExpires(event.currentTarget.value)}
        />
        <fieldset className="settings-rights">
          <legend>May</legend>
          {RIGHTS.map(([right, words]) => (
            <label key={right}>
              <input
                type="checkbox"
                checked={rights.includes(right)}
                onChange={({ currentTarget: { checked } }) =>
                  setRights(checked ? [...rights, right] : rights.filter((one) => one !== right))
                }
              />
              {words}
            </label>
          ))}
        </fieldset>
        <Button type="submit" loading={making.isPending} disabled={!title.trim() || rights.length === 0}>
          Make the key
        </Button>
      </form>
      {making.error && (
        <p className="bad verdict" role="alert">
          {reasonOf(making.error)}
        </p>
      )}
      {making.data && <Made made={making.data} />}
    </section>
  );
}

function Made({ made }: { readonly made: MadeKey }) {
  return (
    <div className="settings-made note warn" role="status">
      <p>
        This is the key for <b>{made.item.title}</b>. It is shown this once; nobody can tell it again.
      </p>
      <code>{made.key}</code>
      <CopyButton value={made.key}>
        {({ copied, copy }) => (
          <Button variant="default" size="xs" onClick={copy}>
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}

function KeyTable({ items, own }: { readonly items: readonly KeyItem[]; readonly own: string | null }) {
  const queries = useQueryClient();
  const now = Date.now();
  const revoke = (id: string) =>
    revokeKey(id).then(() => queries.invalidateQueries({ queryKey: ["settings"] }));
  return (
    <section className="card scroll" aria-label="Keys">
      <table className="table">
        <thead>
          <tr>
            <th>For what</th>
            <th>Id</th>
            <th>Workspace</th>
            <th>May</th>
            <th>State</th>
            <th>Made</th>
            <th>Holds until</th>
            <th>Last used</th>
            <th aria-label="Deeds" />
          </tr>
        </thead>
        <tbody>
          {items.map((key) => (
            <tr key={key.key_id}>
              <td>
                <b>{key.title}</b> {key.key_id === own && <span className="chip info">you</span>}
              </td>
              <td className="mono">{key.key_id}</td>
              <td>{key.workspace ?? "the whole server"}</td>
              <td>{key.rights.join(", ")}</td>
              <td>
                <span className={`chip ${key.state === "active" ? "good" : ""}`}>{key.state}</span>
              </td>
              <td className="m tn">{clockTime(key.created, now)}</td>
              <td className="m tn">{key.expires ? clockTime(key.expires, now) : "revoked"}</td>
              <td className="m tn">{key.last_used ? ago(key.last_used, now) : "never"}</td>
              <td className="r">
                {key.state === "active" ? (
                  <Confirm
                    deed="Revoke"
                    question={`Revoke the key “${key.title}”?`}
                    onDo={() => revoke(key.key_id)}
                  >
                    It and the sessions that it opened open nothing any more. This cannot be undone.
                    {key.key_id === own && " It is the key you look with: you will be logged out."}
                  </Confirm>
                ) : (
                  NONE
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
