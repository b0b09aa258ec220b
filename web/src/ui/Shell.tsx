import { Fragment, type ReactNode, useContext, useMemo, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { onlyRange } from "../lib/address";
import { Badges } from "./badges";
import { Icon, Logo } from "./icons";
import { LogOut } from "./LogOut";
import { HeaderOf } from "./Page";
import { PaletteButton } from "./PaletteButton";
import { PAGE_GROUPS } from "./pages";
import { ShareLink } from "./ShareLink";
import { ThemeToggle } from "./ThemeToggle";
import { ZoneMenu } from "./ZoneMenu";

/** Pages where width is time: their navigation is narrow. */
const RAIL = /^\/(executions\/|compare)/;

/** What stays while pages come and go: navigation and header, with whatever is open in them. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation();
  const range = onlyRange(useSearch());
  const badges = useContext(Badges);
  const [crumb, setCrumb] = useState<HTMLElement | null>(null);
  const [right, setRight] = useState<HTMLElement | null>(null);
  const header = useMemo(() => ({ crumb, right }), [crumb, right]);
  return (
    <div className={RAIL.test(path) ? "app rail" : "app"}>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <nav className="nav" aria-label="Main">
        <Link href={`/${range}`} className="brand" aria-label="Longpole, overview">
          <Logo />
          <span>Longpole</span>
        </Link>
        {PAGE_GROUPS.map(({ title, pages }) => (
          <Fragment key={title}>
            {title && <h3 className="group">{title}</h3>}
            {pages.map(({ to, name, icon }) => {
              const isHere = to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
              const badge = badges[to] ?? 0;
              return (
                <Link
                  key={to}
                  href={to + range}
                  className={isHere ? "item on" : "item"}
                  aria-current={isHere ? "page" : undefined}
                  aria-label={badge > 0 ? `${name}, ${badge}` : name}
                  title={name}
                >
                  <Icon name={icon} size={16} />
                  <span>{name}</span>
                  {badge > 0 && <b className="badge">{badge}</b>}
                </Link>
              );
            })}
          </Fragment>
        ))}
      </nav>
      <div className="body">
        <header className="top">
          <div className="crumb" ref={setCrumb} />
          <div className="sp" />
          <div className="right" ref={setRight} />
          <PaletteButton />
          <ShareLink />
          <ZoneMenu />
          <ThemeToggle />
          <LogOut />
        </header>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and a page may have nothing else to focus */}
        <main key={path} className="main" id="main" tabIndex={0}>
          <HeaderOf value={header}>{children}</HeaderOf>
        </main>
      </div>
    </div>
  );
}
