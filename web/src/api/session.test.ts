import { afterEach, expect, test, vi } from "vitest";
import { logOut } from "./session";

afterEach(() => vi.unstubAllGlobals());

test("a page that the browser kept while somebody logged out is loaded anew when it is shown again", async () => {
  const page = new EventTarget();
  const location = { assign: vi.fn(), reload: vi.fn() };
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("location", location);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response()));

  await logOut();
  expect(location.assign).toHaveBeenCalledWith("/login");

  const shown = (persisted: boolean) =>
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));
  shown(false);
  expect(location.reload).not.toHaveBeenCalled();
  shown(true);
  expect(location.reload).toHaveBeenCalledOnce();
});
