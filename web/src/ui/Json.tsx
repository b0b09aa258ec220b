import { ActionIcon, CopyButton } from "@mantine/core";
import { useState } from "react";
import { counted } from "../lib/format";
import { Icon } from "./icons";

const FIRST_SIGNS = 4_000;

/** A body as text: strings as they are, everything else as indented JSON. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** A body; a long one opens on demand, and the copy is always whole. */
export function Json({ title, value }: { readonly title: string; readonly value: unknown }) {
  const [isWhole, setWhole] = useState(false);
  const text = asText(value);
  const shown = isWhole ? text : text.slice(0, FIRST_SIGNS);
  return (
    <section>
      <div style={{ display: "flex", alignItems: "center", marginBottom: 4 }}>
        <h3>{title}</h3>
        <span className="sp" />
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={20}
              aria-label={`Copy ${title.toLowerCase()}`}
              onClick={copy}
            >
              <Icon name={copied ? "check" : "copy"} size={12} />
            </ActionIcon>
          )}
        </CopyButton>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling block must be reachable by keyboard */}
      <pre className="code" tabIndex={0}>
        {shown}
      </pre>
      {shown.length < text.length && (
        <button type="button" className="more" onClick={() => setWhole(true)}>
          Show all {counted(text.length, "character")}
        </button>
      )}
    </section>
  );
}
