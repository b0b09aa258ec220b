import type { ReactNode } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { onlyRange } from "../lib/address";
import { Icon, type IconName, Logo } from "./icons";
import { ThemeToggle } from "./ThemeToggle";

const PAGES: readonly { readonly to: string; readonly name: string; readonly icon: IconName }[] = [
  { to: "/", name: "Overview", icon: "overview" },
  { to: "/executions", name: "Executions", icon: "list" },
];

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

interface Props {
  readonly crumb: ReactNode;
  readonly right?: ReactNode;
  /** A narrow navigation, for pages where width is time. */
  readonly isRail?: boolean;
  readonly children: ReactNode;
}

export function Shell({ crumb, right, isRail = false, children }: Props) {
  const [path] = useLocation();
  const range = onlyRange(useSearch());
  return (
    <div className={isRail ? "app rail" : "app"}>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <nav className="nav" aria-label="Main">
        <Link href={`/${range}`} className="brand" aria-label="Longpole, overview">
          <Logo />
          <span>Longpole</span>
        </Link>
        {PAGES.map(({ to, name, icon }) => {
          const isHere = to === "/" ? path === "/" : path.startsWith(to);
          return (
            <Link
              key={to}
              href={to + range}
              className={isHere ? "item on" : "item"}
              aria-current={isHere ? "page" : undefined}
              aria-label={name}
              title={name}
            >
              <Icon name={icon} size={16} />
              <span>{name}</span>
            </Link>
          );
        })}
      </nav>
      <div className="body">
        <header className="top">
          <div className="crumb">{crumb}</div>
          <div className="sp" />
          {right}
          <span className="chip" title="Times are shown in this zone">
            {ZONE}
          </span>
          <ThemeToggle />
        </header>
        <main className="main" id="main">
          {children}
        </main>
      </div>
    </div>
  );
}
