import type { FC } from "react";
import { Link, useSearch } from "wouter";
import { Page } from "../../ui/Page";
import { PageHead } from "../../ui/PageHead";
import { AuditLog } from "./AuditLog";
import { DeadLetters } from "./DeadLetters";
import { Keys } from "./Keys";
import { Prices } from "./Prices";
import { Store } from "./Store";
import { ThisDevice } from "./ThisDevice";
import { Webhooks } from "./Webhooks";
import { Workspaces } from "./Workspaces";
import "./settings.css";

const PARTS: readonly (readonly [string, string, FC])[] = [
  ["keys", "Keys", Keys],
  ["workspaces", "Workspaces", Workspaces],
  ["store", "Store and retention", Store],
  ["prices", "Prices", Prices],
  ["webhooks", "Webhooks", Webhooks],
  ["letters", "Dead letters", DeadLetters],
  ["audit", "Audit log", AuditLog],
  ["device", "This device", ThisDevice],
];

/** Keys, workspaces, retention, prices and what else an administrator looks after. */
export default function SettingsPage() {
  const chosen = new URLSearchParams(useSearch()).get("part") ?? "keys";
  const [name, title, Part] = PARTS.find(([part]) => part === chosen) ?? (PARTS[0] as (typeof PARTS)[number]);
  return (
    <Page
      crumb={
        <>
          Settings <i>/</i> <b>{title}</b>
        </>
      }
    >
      <title>{`${title} · Settings · Longpole`}</title>
      <PageHead title="Settings" />
      <div className="settings">
        <nav className="card" aria-label="Settings">
          {PARTS.map(([part, words]) => (
            <Link
              key={part}
              href={`/settings?part=${part}`}
              className={part === name ? "on" : ""}
              aria-current={part === name ? "page" : undefined}
            >
              {words}
            </Link>
          ))}
          <Link href="/alerts">Thresholds and rules</Link>
        </nav>
        <div className="settings-part">
          <Part />
        </div>
      </div>
    </Page>
  );
}
