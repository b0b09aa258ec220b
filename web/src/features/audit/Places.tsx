import { useState } from "react";
import type { AuditedPlace } from "../../api/views.gen";
import { duration, NONE, percent } from "../../lib/format";
import { Icon } from "../../ui/icons";
import { PlaceDetails } from "./PlaceDetails";
import { RanTrend } from "./RanTrend";

interface Props {
  readonly title: string;
  readonly note: string;
  readonly places: readonly AuditedPlace[];
}

/** One row a place, which opens to the evidence. */
export function Places({ title, note, places }: Props) {
  const [open, setOpen] = useState<string | null>(null);
  const most = Math.max(...places.map((place) => place.saving_ns ?? 0), 1);
  return (
    <section className="card" aria-label={title}>
      <div className="hd">
        <h2>{title}</h2>
        <span className="m t12 cut">{note}</span>
      </div>
      <ul className="places">
        {places.map((place) => {
          const key = `${place.program} ${place.fingerprint}`;
          const isOpen = open === key;
          return (
            <li key={key}>
              <button
                type="button"
                className="place-row"
                aria-expanded={isOpen}
                onClick={() => setOpen(isOpen ? null : key)}
              >
                <Saving place={place} most={most} />
                <span className="what">
                  <span>
                    <span className="chip mono">{place.rule}</span> <b>{place.title}</b>
                  </span>
                  <span className="m t12">{place.evidence || place.message}</span>
                </span>
                <span className="mono t11 m cut" title={`${place.code_file}:${place.code_line}`}>
                  {shortPlace(place)}
                </span>
                <RanTrend trend={place.trend} />
                <span className="t12 m tn r">
                  {place.share === null ? NONE : percent(place.share)}
                  <br />
                  {place.time_p95_ns === null ? "" : `p95 ${duration(place.time_p95_ns)}`}
                </span>
                <span className="t12">
                  <State place={place} />
                </span>
                <Icon name={isOpen ? "up" : "down"} size={13} />
              </button>
              {isOpen && <PlaceDetails place={place} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Saving({ place, most }: { readonly place: AuditedPlace; readonly most: number }) {
  const ns = place.saving_ns ?? 0;
  if (ns <= 0) return <span className="saving s t12">{place.ran_by === null ? NONE : "no time"}</span>;
  return (
    <span className="saving tn">
      <b>−{duration(ns)}</b>
      <i style={{ width: `${Math.max(4, (ns / most) * 100)}%` }} />
    </span>
  );
}

function State({ place }: { readonly place: AuditedPlace }) {
  if (place.verified?.is_verified) return <span className="chip good">verified</span>;
  if (place.state === "fixed") return <span className="chip good">fixed</span>;
  if (place.state === "accepted") return <span className="chip">accepted</span>;
  return <span className="chip outline">{place.confidence}</span>;
}

function shortPlace({ code_file, code_line }: AuditedPlace): string {
  return `${code_file.split("/").slice(-2).join("/")}:${code_line}`;
}
