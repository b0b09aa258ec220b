import { expect, test } from "vitest";
import { messagesOf, newMessages } from "./conversation";

test("messages are read from the shapes in which clients send them", () => {
  expect(messagesOf({ messages: [{ role: "user", content: "hi" }], system: "be kind" }, "user")).toEqual([
    { role: "system", text: "be kind" },
    { role: "user", text: "hi" },
  ]);
  expect(messagesOf({ choices: [{ message: { role: "assistant", content: "yes" } }] }, "assistant")).toEqual([
    { role: "assistant", text: "yes" },
  ]);
  expect(
    messagesOf(
      [
        {
          role: "user",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
      ],
      "user",
    ),
  ).toEqual([{ role: "user", text: "a\nb" }]);
  expect(messagesOf("plain", "user")).toEqual([{ role: "user", text: "plain" }]);
  expect(messagesOf(null, "user")).toEqual([]);
});

test("a call of a tool is shown with its arguments", () => {
  const call = {
    role: "assistant",
    content: null,
    tool_calls: [{ function: { name: "look", arguments: '{"q":1}' } }],
  };
  expect(messagesOf(call, "assistant")).toEqual([{ role: "assistant", text: 'look({"q":1})' }]);
});

test("what a conversation repeats from call to call is said once", () => {
  const a = { role: "user", text: "a" };
  const b = { role: "assistant", text: "b" };
  expect(newMessages([a, b], [a, b, { role: "user", text: "c" }])).toEqual({
    repeated: 2,
    fresh: [{ role: "user", text: "c" }],
  });
});
