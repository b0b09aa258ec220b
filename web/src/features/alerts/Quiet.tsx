import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { endSilence } from "../../api/alerts";
import type { AlertPage, SilenceItem } from "../../api/views.gen";
import { clockTime, counted } from "../../lib/format";

/** What keeps people from hearing of alerts: silences, and messages that were not delivered. */
export function Quiet({ alerts }: { readonly alerts: AlertPage }) {
  const { silences, undelivered } = alerts;
  if (silences.length === 0 && undelivered.length === 0) return null;
  return (
    <section className="alerts-quiet" aria-label="Not told">
      {undelivered.slice(0, 5).map((message) => (
        <div key={message.delivery_id} className="note bad" role="alert">
          <b>{message.subject_line}</b> was not delivered to {message.target} (
          {counted(message.attempts, "try", "tries")},{" "}
          {message.state === "waiting" ? "it is tried again" : "given up"}):{" "}
          {message.error ?? "it is on its way"}
        </div>
      ))}
      {silences.map((silence) => (
        <Silenced key={silence.silence_id} silence={silence} />
      ))}
    </section>
  );
}

function Silenced({ silence }: { readonly silence: SilenceItem }) {
  const queries = useQueryClient();
  const ending = useMutation({
    mutationFn: () => endSilence(silence.silence_id, silence.workspace),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alerts"] }),
  });
  return (
    <div className="note alerts-silence">
      <span>
        Nobody is told of <b>{silence.rule_id ?? "any rule"}</b>
        {silence.subject && <> for {silence.subject}</>} until {clockTime(silence.until, Date.now())}, said{" "}
        {silence.silenced_by}
        {silence.reason && `: ${silence.reason}`}
      </span>
      <Button variant="default" size="compact-sm" loading={ending.isPending} onClick={() => ending.mutate()}>
        End
      </Button>
    </div>
  );
}
