import { Menu } from "@mantine/core";
import { useClipboard, useLocalStorage } from "@mantine/hooks";
import { EDITORS, type Editor, editorLink, placeText } from "../../lib/editor";

interface Props {
  readonly file: string;
  readonly line: number | null;
  /** Said by the pointer, such as the function. */
  readonly title?: string | undefined;
}

const root = () => {
  const asked = window.prompt("Folder in which relative paths lie, such as /home/me/project");
  return asked === null ? null : asked.trim();
};

/** A place in the code: opens in the reader's editor if one was chosen, else is copied. The choice stays in this browser. */
export function CodePlace({ file, line, title }: Props) {
  const [editor, setEditor] = useLocalStorage<Editor>({ key: "editor", defaultValue: "none" });
  const [folder, setFolder] = useLocalStorage({ key: "editor-root", defaultValue: "" });
  const { copy, copied } = useClipboard({ timeout: 1_500 });
  const text = placeText(file, line);
  const link = editorLink(editor, folder, file, line);
  const short = placeText(file.split("/").slice(-2).join("/"), line);
  return (
    <Menu shadow="md" position="bottom-end" withinPortal>
      <Menu.Target>
        <button type="button" className="mono t11 code-place" title={`${text}${title ? `, ${title}` : ""}`}>
          {copied ? "copied" : short}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => copy(text)}>Copy {text}</Menu.Item>
        {link && (
          <Menu.Item component="a" href={link}>
            Open in {EDITORS[editor]}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Label>Open code places with</Menu.Label>
        {(Object.keys(EDITORS) as Editor[]).map((name) => (
          <Menu.Item
            key={name}
            aria-checked={name === editor}
            role="menuitemradio"
            onClick={() => {
              setEditor(name);
              const asked = name !== "none" && !folder && !file.startsWith("/") ? root() : null;
              if (asked) setFolder(asked);
            }}
          >
            {name === editor ? "✓ " : ""}
            {EDITORS[name]}
          </Menu.Item>
        ))}
        {editor !== "none" && (
          <Menu.Item
            onClick={() => {
              const asked = root();
              if (asked !== null) setFolder(asked);
            }}
          >
            Folder of relative paths: {folder || "not set"}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
