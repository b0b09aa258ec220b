import { Icon, type IconName } from "./icons";

const LOOKS: Readonly<Record<string, readonly [IconName, string, string]>> = {
  pending: ["dots", "", "pending"],
  running: ["play", "info", "running"],
  llm_request: ["clock", "info", "waiting for model"],
  llm_response: ["spark", "info", "generating"],
  success: ["check", "good", "success"],
  failed: ["x", "bad", "failed"],
  timeout: ["hourglass", "warn", "timeout"],
  skipped: ["skip", "", "skipped"],
  crashed: ["zap", "bad", "crashed"],
};

/** The word for a status, as it stands on screen. */
export function statusWord(status: string): string {
  return LOOKS[status]?.[2] ?? status;
}

/** The text colour that goes with a status: good, bad, warn or none. */
export function statusTone(status: string): string {
  return LOOKS[status]?.[1] ?? "";
}

/** Always icon and word, never colour alone; `detail` says the same with more of the facts. */
export function Status({
  status,
  detail,
}: {
  readonly status: string;
  readonly detail?: string | undefined;
}) {
  const [icon, tone, word] = LOOKS[status] ?? ["dots", "", status];
  const isMoving = tone === "info";
  return (
    <span className={`chip ${tone}`}>
      <span className={isMoving ? "pulse" : undefined}>
        <Icon name={icon} size={12} />
      </span>
      {detail ?? word}
    </span>
  );
}
