import { Modal, useMantineColorScheme } from "@mantine/core";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useKeys } from "./useKeys";
import { useScheme } from "./useTokens";

const HELP: readonly (readonly [string, string])[] = [
  ["J  K", "next, previous row or step"],
  ["Enter", "open"],
  ["/", "search or find"],
  ["Esc", "clear or close"],
  ["← →", "fold, unfold"],
  ["W  S", "zoom in, out"],
  ["A  D", "earlier, later"],
  ["0", "show everything"],
  ["F", "fit the step"],
  ["[  ]", "the same step before, after"],
  ["P", "only the critical path"],
  ["B", "blocked event loop"],
  ["M", "copy an execution as Markdown"],
  ["Ctrl K", "search or jump to"],
  ["G O   G E   G W", "overview, executions, why not"],
  [".", "theme"],
  ["?", "these keys"],
];

/** Keys that work on every page, and the page of keys. */
export function KeyHelp() {
  const [isOpen, setOpen] = useState(false);
  const [, navigate] = useLocation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useScheme();
  const keys = useMemo(
    () => ({
      "?": () => setOpen((before) => !before),
      ".": () => setColorScheme(scheme === "dark" ? "light" : "dark"),
      "g o": () => navigate("/"),
      "g e": () => navigate("/executions"),
      "g w": () => navigate("/why-not"),
    }),
    [navigate, scheme, setColorScheme],
  );
  useKeys(keys);
  return (
    <Modal opened={isOpen} onClose={() => setOpen(false)} title={<b>Keys</b>} size="sm" lockScroll={false}>
      <dl className="kv" style={{ rowGap: 7 }}>
        {HELP.map(([key, deed]) => (
          <div key={key} style={{ display: "contents" }}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{deed}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
