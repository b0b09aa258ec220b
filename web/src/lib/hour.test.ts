import { describe, expect, it } from "vitest";
import { barsOf } from "./hour";

const END = Date.parse("2026-11-21T12:00:00Z");
const point = (at: string, value: number | null) => ({ at, value });

describe("the bars of the last hour", () => {
  it("stand where their time is, as high as their share of the highest", () => {
    const points = [point("2026-11-21T11:30:00Z", 5), point("2026-11-21T12:00:00Z", 10)];
    expect(barsOf(points, END, 1, ({ value }) => value)).toEqual({
      bars: [
        { at: 0.5, height: 0.5 },
        { at: 1, height: 1 },
      ],
      most: 10,
    });
  });

  it("leave out what is older than the hour, and keep apart what is 0 and what did not happen", () => {
    const points = [
      point("2026-11-21T10:59:00Z", 100),
      point("2026-11-21T11:45:00Z", 0),
      point("2026-11-21T11:46:00Z", null),
    ];
    const found = barsOf(points, END, 4, ({ value }) => value);
    expect(found.most).toBe(4);
    expect(found.bars.map(({ height }) => height)).toEqual([0, null]);
  });
});
