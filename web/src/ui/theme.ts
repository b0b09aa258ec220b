// The one theme: colours, type and sizes for both schemes. Everything on screen, the canvas included, reads from here.

import { type CSSVariablesResolver, createTheme } from "@mantine/core";
import type { Kind } from "../lib/shares";

const LIGHT = {
  page: "#F6F7F9",
  card: "#FFFFFF",
  sunk: "#F0F2F5",
  hover: "#F4F6F8",
  line: "#E2E6EB",
  line2: "#CDD3DB",
  ink: "#14181F",
  muted: "#525C6B",
  subtle: "#626C7C",
  link: "#2457C5",
  good: "#117A4B",
  bad: "#B42A1A",
  warn: "#8F5200",
  goodBg: "#E6F4EC",
  badBg: "#FBEAE7",
  warnBg: "#FBF0DF",
  infoBg: "#E9EFFB",
  sel: "#EEF3FD",
  selLine: "#2F66D0",
  gen: "#2F66D0",
  wait: "#2F66D0",
  waitBg: "#D5E1FA",
  tool: "#0A7F6A",
  db: "#B0489F",
  own: "#E2B714",
  ownLine: "#8A6D00",
  retry: "#D06A08",
  retryBg: "#FBE3CB",
  block: "#A3180F",
  block2: "#D4574C",
  join: "#56637D",
  joinBg: "#DDE2EB",
  queue: "#858FA1",
  queueBg: "#EBEEF2",
  unx: "#7A8494",
  grid: "#EBEEF2",
  pole: "#0B0E13",
  band: "rgba(163,24,15,.09)",
  bandLine: "rgba(163,24,15,.55)",
  shadow: "0 1px 2px rgba(16,22,34,.05)",
  float: "0 8px 28px rgba(10,14,22,.18)",
};

export type Tokens = typeof LIGHT;

const DARK: Tokens = {
  page: "#0D1015",
  card: "#14181F",
  sunk: "#1A2029",
  hover: "#191F28",
  line: "#262D38",
  line2: "#38414F",
  ink: "#E8EBF1",
  muted: "#A3ADBC",
  subtle: "#8C97A8",
  link: "#8AB1FF",
  good: "#4CC38A",
  bad: "#FF8573",
  warn: "#F0A63A",
  goodBg: "#10291D",
  badBg: "#321815",
  warnBg: "#2E2110",
  infoBg: "#17233C",
  sel: "#172136",
  selLine: "#6C9BFF",
  gen: "#5F90F5",
  wait: "#6C9BFF",
  waitBg: "#22324F",
  tool: "#25A88C",
  db: "#D27CC6",
  own: "#EBD468",
  ownLine: "#EBD468",
  retry: "#EE8A2B",
  retryBg: "#402A14",
  block: "#F5574A",
  block2: "#8E2A22",
  join: "#A9B6D0",
  joinBg: "#2A3344",
  queue: "#7B889E",
  queueBg: "#222935",
  unx: "#8590A1",
  grid: "#1E252F",
  pole: "#FFFFFF",
  band: "rgba(255,91,77,.11)",
  bandLine: "rgba(255,91,77,.6)",
  shadow: "none",
  float: "0 8px 28px rgba(0,0,0,.5)",
};

export type Scheme = "light" | "dark";

/** The colours of a scheme, for what is drawn by hand. */
export function tokensOf(scheme: Scheme): Tokens {
  return scheme === "dark" ? DARK : LIGHT;
}

/** How a kind of time is filled: solid is working, a pattern is waiting. */
export interface Fill {
  readonly pattern: "solid" | "stripes" | "backstripes" | "hatch" | "dots" | "uprights" | "empty";
  readonly front: keyof Tokens;
  readonly back: keyof Tokens | null;
  readonly outline: keyof Tokens | null;
}

export const FILLS: Readonly<Record<Kind, Fill>> = {
  waiting: { pattern: "stripes", front: "wait", back: "waitBg", outline: "wait" },
  generating: { pattern: "solid", front: "gen", back: null, outline: null },
  tool: { pattern: "solid", front: "tool", back: null, outline: null },
  database: { pattern: "solid", front: "db", back: null, outline: null },
  retry: { pattern: "backstripes", front: "retry", back: "retryBg", outline: "retry" },
  blocked: { pattern: "hatch", front: "block2", back: "block", outline: null },
  join: { pattern: "dots", front: "join", back: "joinBg", outline: "join" },
  queue: { pattern: "uprights", front: "queue", back: "queueBg", outline: "queue" },
  own: { pattern: "solid", front: "own", back: null, outline: "ownLine" },
  unexplained: { pattern: "empty", front: "unx", back: null, outline: "unx" },
};

export const FONT = '"Inter", system-ui, sans-serif';
export const MONO = '"JetBrains Mono", ui-monospace, monospace';

const kebab = (name: string) => name.replace(/[A-Z]|\d/g, (sign) => `-${sign.toLowerCase()}`);

function variables(tokens: Tokens): Record<string, string> {
  const own = Object.entries(tokens).map(([name, value]) => [`--${kebab(name)}`, value] as const);
  return {
    ...Object.fromEntries(own),
    "--mantine-color-body": tokens.page,
    "--mantine-color-text": tokens.ink,
    "--mantine-color-dimmed": tokens.muted,
    "--mantine-color-placeholder": tokens.subtle,
    "--mantine-color-default": tokens.card,
    "--mantine-color-default-hover": tokens.hover,
    "--mantine-color-default-color": tokens.ink,
    "--mantine-color-default-border": tokens.line2,
    "--mantine-color-anchor": tokens.link,
  };
}

/** The tokens as CSS variables: `--ink`, `--line-2`, `--good-bg`, and Mantine's own names for the same things. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: variables(LIGHT),
  dark: variables(DARK),
});

export const theme = createTheme({
  fontFamily: FONT,
  fontFamilyMonospace: MONO,
  fontSizes: { xs: "11px", sm: "12px", md: "13px", lg: "15px", xl: "18px" },
  lineHeights: { xs: "15px", sm: "17px", md: "19px", lg: "22px", xl: "24px" },
  spacing: { xs: "4px", sm: "8px", md: "10px", lg: "14px", xl: "20px" },
  radius: { xs: "4px", sm: "5px", md: "6px", lg: "8px", xl: "12px" },
  defaultRadius: "md",
  primaryColor: "blue",
  // White on it: 4.9, where the lighter one of Mantine has 3.6.
  primaryShade: 8,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSmoothing: true,
});
