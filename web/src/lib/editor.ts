// Opening a place in the code: an address of the reader's editor, or text to copy.

export const EDITORS = {
  none: "copy only",
  vscode: "VS Code",
  cursor: "Cursor",
  jetbrains: "JetBrains",
  zed: "Zed",
} as const;

export type Editor = keyof typeof EDITORS;

/** `file:line`, or the file alone. */
export function placeText(file: string, line: number | null): string {
  return line === null ? file : `${file}:${line}`;
}

/** The address that opens a place; null without an editor. A relative file is looked for below `root`. */
export function editorLink(editor: Editor, root: string, file: string, line: number | null): string | null {
  const isWhole = file.startsWith("/") || /^[A-Za-z]:[\\/]/.test(file);
  const whole = isWhole ? file : root ? `${root.replace(/[\\/]+$/, "")}/${file}` : null;
  if (editor === "none" || whole === null) return null;
  const path = encodeURI(whole.startsWith("/") ? whole : `/${whole.replaceAll("\\", "/")}`);
  if (editor === "jetbrains")
    return `jetbrains://idea/navigate/reference?path=${encodeURIComponent(whole)}:${line ?? 1}`;
  return `${editor}://file${path}:${line ?? 1}`;
}
