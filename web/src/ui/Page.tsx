import { createContext, type ReactNode, useContext } from "react";
import { createPortal } from "react-dom";

/** The two places of the header that a page fills; null until the header is on screen. */
export interface Header {
  readonly crumb: HTMLElement | null;
  readonly right: HTMLElement | null;
}

/** The header that stands above every page. */
export const HeaderOf = createContext<Header>({ crumb: null, right: null });

interface Props {
  readonly crumb: ReactNode;
  readonly right?: ReactNode;
  readonly children: ReactNode;
}

/** What a page adds to the shell around all of them: its crumb, what stands at the right, and itself. */
export function Page({ crumb, right, children }: Props) {
  const header = useContext(HeaderOf);
  return (
    <>
      {header.crumb && createPortal(crumb, header.crumb)}
      {header.right && createPortal(right, header.right)}
      {children}
    </>
  );
}
