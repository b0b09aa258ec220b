// The time zone in which times are shown: the browser's, or the one that was chosen on this device.

const KEY = "longpole.zone";

/** The browser's own zone. */
export const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

function stored(): string | null {
  const zone = globalThis.localStorage?.getItem(KEY) ?? null;
  return zone !== null && isZone(zone) ? zone : null;
}

/** Whether there is a zone of that name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The zone on screen; it stays the same while the page is loaded. */
export const ZONE = stored() ?? LOCAL_ZONE;

/** Zones to choose from: the browser's own, UTC, then all others by name. */
export function allZones(): readonly string[] {
  return [...new Set([LOCAL_ZONE, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}

/** Shows times in another zone from the next load on; the browser's own is not kept, so that it goes along on journeys. */
export function keepZone(name: string): void {
  if (name === LOCAL_ZONE) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, name);
}
