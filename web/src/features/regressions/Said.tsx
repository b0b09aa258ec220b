import type { Regressions } from "../../api/views.gen";
import { changeWords } from "../../lib/changeWords";
import { counted, shortDay } from "../../lib/format";

/** How many agents changed, and the latest of it. */
export function Said({ found }: { readonly found: Regressions }) {
  const worse = found.items.filter(({ is_worse }) => is_worse);
  const agents = new Set(worse.map(({ agent }) => agent)).size;
  const latest = worse[0] ?? found.items[0];
  const first = latest?.changes[0];
  const words = first && changeWords(first);
  return (
    <section className="card verdict" aria-label="What changed">
      <p className="says">
        {worse.length === 0 ? (
          "Nothing got worse. "
        ) : (
          <>
            <b className="bad">{counted(agents, "agent")}</b> got worse.{" "}
          </>
        )}
        {latest && words && (
          <>
            The latest: <b>{latest.agent}</b> since {shortDay(latest.at)}, {words.word} ({words.numbers})
            {latest.changed_then.length > 0 && (
              <>
                , when its{" "}
                {latest.changed_then
                  .map(({ kind, before, after }) => `${kind} changed from ${before ?? "none"} to ${after}`)
                  .join(" and its ")}
              </>
            )}
            .
          </>
        )}
      </p>
      <p className="m t12">
        At most 5 % of what is told here is due to chance.
        {found.series_too_short > 0 &&
          ` ${counted(found.series_too_short, "series", "series")} had too few points to tell.`}
      </p>
    </section>
  );
}
