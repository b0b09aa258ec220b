import { createContext } from "react";

/** Somebody who has logged in, and the way out. */
export interface Login {
  readonly who: string;
  readonly logOut: () => void;
}

/** Who has logged in; nobody where the server asks for no key. */
export const LoginOf = createContext<Login | null>(null);
