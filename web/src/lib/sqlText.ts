// Pieces of SQL and of what a database answers.

/** Where in the text a database found fault: the line and the sign in it, both from 1; null where it does not tell. */
export function faultOf(message: string): { readonly line: number; readonly sign: number } | null {
  const found = /^LINE (\d+): .*\n( *)\^/m.exec(message);
  if (!found) return null;
  const head = `LINE ${found[1]}: `.length;
  return { line: Number(found[1]), sign: Math.max(1, (found[2]?.length ?? 0) - head + 1) };
}

/** Rows as CSV with a line of names (RFC 4180). */
export function csvOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown) => {
    const text = textOf(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** A value of an answer as one line; nothing for NULL. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
