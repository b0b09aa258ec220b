const PATHS = {
  overview: "M3 3h5v6H3zM12 3h5v4h-5zM12 10h5v7h-5zM3 12h5v5H3z",
  list: "M3 5h14M3 10h14M3 15h9",
  agent: "M5 8h10v7H5zM10 8V4M8 11.5h.01M12 11.5h.01M3 11v2M17 11v2",
  bell: "M10 3a4.500 4.500 0 00-4.500 4.500c0 4-1.500 5-1.500 6h12c0-1-1.500-2-1.500-6A4.500 4.500 0 0010 3zM8.500 16.500h3",
  search: "M9 4a5 5 0 100 10A5 5 0 009 4zM13 13l4 4",
  clock: "M10 3a7 7 0 100 14 7 7 0 000-14zM10 6v4l3 2",
  copy: "M7 7h9v10H7zM4 13V3h9",
  play: "M6 4l10 6-10 6z",
  moon: "M15.5 12A6.500 6.500 0 018 4.500 6.500 6.500 0 1015.500 12z",
  sun: "M10 6.5a3.5 3.5 0 100 7 3.5 3.5 0 000-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.5 4.5l1 1M14.5 14.5l1 1M4.5 15.5l1-1M14.5 5.5l1-1",
  check: "M4 10.5l4 4 8-9",
  x: "M5 5l10 10M15 5L5 15",
  skip: "M4 5l6 5-6 5zM15 5v10",
  right: "M7 4l6 6-6 6",
  left: "M13 4l-6 6 6 6",
  down: "M4 7l6 6 6-6",
  up: "M4 13l6-6 6 6",
  filter: "M3 5h14M6 10h8M8.5 15h3",
  plus: "M10 4v12M4 10h12",
  pulse: "M2 10.500h4L8.500 4l4 12 2.500-5.500h3",
  zap: "M11 2L4 11h5l-1 7 7-9h-5z",
  hourglass: "M5 3h10M5 17h10M6 3c0 5 8 9 8 14M14 3c0 5-8 9-8 14",
  spark: "M10 3l1.9 5.1L17 10l-5.100 1.900L10 17l-1.900-5.100L3 10l5.100-1.900z",
  dots: "M4 10h.01M10 10h.01M16 10h.01",
  out: "M8 3H4v14h4M13 6l4 4-4 4M7.500 10H17",
  funnel: "M3 4h14l-5.500 6.500V16l-3-1.500v-4z",
  question: "M7.500 7.500a2.500 2.500 0 115 0c0 2-2.500 2-2.500 4M10 14.500h.01",
  columns: "M6 3v14M14 3v14M3 7h3M3 13h3M14 5h3M14 11h3",
  trend: "M3 14l4.500-5 3 3L17 5M12.500 5H17v4.500",
  money:
    "M13 6.500c-.5-1-1.500-1.500-3-1.500-1.700 0-3 .8-3 2.300 0 3.400 6 1.800 6 5 0 1.500-1.300 2.500-3 2.500-1.600 0-2.700-.6-3.200-1.700M10 3v14",
  gauge: "M3 14a7 7 0 1114 0M10 14l3.500-5",
  file: "M5 3h7l3 3v11H5zM8 9h4M8 12h4",
  inbox: "M10 3v8M6.500 8l3.500 3.500L13.500 8M3 13v4h14v-4",
  database:
    "M4 5c0-2.700 12-2.700 12 0v10c0 2.700-12 2.700-12 0zM4 5c0 2.700 12 2.700 12 0M4 10c0 2.700 12 2.700 12 0",
  gear: "M10 7.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5zM10 2.500v2M10 15.500v2M2.500 10h2M15.500 10h2M4.700 4.700l1.400 1.400M13.900 13.900l1.400 1.400M4.700 15.300l1.400-1.400M13.900 6.100l1.400-1.400",
  chat: "M3 4h14v9H9l-4 3.500V13H3z",
  download: "M10 3v9M6 9l4 4 4-4M4 17h12",
  share:
    "M8.500 11a3.500 3.500 0 005.300.4l2.200-2.200a3.500 3.500 0 00-5-5L9.800 5.400M11.500 9a3.500 3.500 0 00-5.300-.4L4 10.800a3.500 3.500 0 005 5l1.200-1.200",
  warn: "M10 3l8 14H2zM10 8v4M10 14.5h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 15 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: "none" }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" style={{ flex: "none" }}>
      <path
        d="M2.5 20.500L11 8l8.500 12.500z"
        fill="none"
        stroke="var(--ink)"
        strokeWidth="1.8"
        strokeLinejoin="round"
      />
      <path d="M11 20.500V2" stroke="var(--block)" strokeWidth="2.6" strokeLinecap="round" />
    </svg>
  );
}
