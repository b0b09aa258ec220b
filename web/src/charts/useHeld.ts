import { type RefObject, useEffect, useState } from "react";

/** Whether a mouse button, a finger or a pen is held down that came down on the element. */
export function useHeld(place: RefObject<HTMLElement | null>): boolean {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    const element = place.current;
    // Others are told of the end first, by `mouseup` too, which comes after `pointerup`.
    const release = () => setTimeout(() => setHeld(false));
    const hold = () => setHeld(true);
    element?.addEventListener("pointerdown", hold);
    window.addEventListener("pointerup", release);
    window.addEventListener("pointercancel", release);
    return () => {
      element?.removeEventListener("pointerdown", hold);
      window.removeEventListener("pointerup", release);
      window.removeEventListener("pointercancel", release);
    };
  }, [place]);
  return isHeld;
}
