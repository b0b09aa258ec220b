import { createContext } from "react";

/** By the address of a page: how much there is that wants to be looked at. The navigation shows it beside the name. */
export const Badges = createContext<Readonly<Record<string, number>>>({});
