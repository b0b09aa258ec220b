import { expect, test } from "vitest";
import { editorLink, placeText } from "./editor";

test("a place opens in the chosen editor; a relative one below the folder that was given", () => {
  expect(editorLink("vscode", "", "/home/me/a b.py", 7)).toBe("vscode://file/home/me/a%20b.py:7");
  expect(editorLink("cursor", "/src/", "app.py", null)).toBe("cursor://file/src/app.py:1");
  expect(editorLink("jetbrains", "/src", "app.py", 3)).toBe(
    "jetbrains://idea/navigate/reference?path=%2Fsrc%2Fapp.py:3",
  );
});

test("without an editor or a folder there is only text to copy", () => {
  expect(editorLink("none", "/src", "app.py", 3)).toBeNull();
  expect(editorLink("vscode", "", "app.py", 3)).toBeNull();
  expect(placeText("app.py", 3)).toBe("app.py:3");
});
