import { expect, test } from "vitest";
import { brushText, chosenBy, listedBy, readBrush } from "./brush";

const brush = { from: 1_763_560_800_000, to: 1_763_647_200_000, min: 16_000_000_000, max: null };

test("a rectangle goes through the address unchanged", () => {
  expect(readBrush(`?brush=${encodeURIComponent(brushText(brush))}`)).toEqual(brush);
});

test("what cannot be read is no rectangle", () => {
  for (const text of ["", "1~2", "a~b~c~d", "5~3~~", "~~~"]) expect(readBrush(`?brush=${text}`)).toBeNull();
});

test("the server is asked in times and durations", () => {
  expect(chosenBy(brush)).toEqual({
    chosen_from: "2025-11-19T14:00:00.000Z",
    chosen_to: "2025-11-20T14:00:00.000Z",
    chosen_min: "16000000000ns",
  });
  expect(listedBy(brush).min_duration).toBe("16000ms");
});
