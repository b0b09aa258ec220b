// Rows of the list as a file: comma-separated values for spreadsheets, JSON for programs.

type Value = unknown;
type Row = Readonly<Record<string, Value>>;

/** One line a row under a line of names, by RFC 4180; objects are JSON, unknown is empty. */
export function csvOf(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => names.map((name) => cellOf(row[name])).join(","));
  return `${[names.join(","), ...lines].join("\r\n")}\r\n`;
}

function cellOf(value: Value): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  // A spreadsheet would run a text that begins like a formula.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The rows as readable JSON. */
export function jsonOf(rows: readonly Row[]): string {
  return `${JSON.stringify(rows, null, 1)}\n`;
}
