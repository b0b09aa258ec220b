import { useContext } from "react";
import { Icon } from "./icons";
import { OpenPalette } from "./palette";

/** Looks like a search field and opens the palette. */
export function PaletteButton() {
  const open = useContext(OpenPalette);
  return (
    <button
      type="button"
      className="jump"
      onClick={open}
      aria-label="Search or jump to… Ctrl K"
      aria-keyshortcuts="Control+K"
    >
      <Icon name="search" size={13} />
      <span>Search or jump to…</span>
      <kbd>Ctrl K</kbd>
    </button>
  );
}
