import { useEffect } from "react";

export type Keys = Readonly<Record<string, () => void>>;

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** Single keys for the whole page, quiet while somebody types. Two keys in a row are written with a space: "g o". */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    let first = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const deed = keys[first ? `${first} ${key}` : key] ?? keys[key];
      clearTimeout(timer);
      first = key === "g" ? "g" : "";
      timer = setTimeout(() => {
        first = "";
      }, 800);
      // Enter on a button or a link belongs to it.
      const isOnControl =
        event.target instanceof HTMLElement && event.target.closest("button, a, [role=menuitem]");
      // Escape belongs to what lies on top.
      if (key === "Escape" && document.querySelector("[role=dialog]")) return;
      if (!deed || (key === "Enter" && isOnControl)) return;
      event.preventDefault();
      deed();
    };
    document.addEventListener("keydown", onKey);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("keydown", onKey);
    };
  }, [keys]);
}
