import { expect, test } from "vitest";
import { csvOf, faultOf } from "./sqlText";

test("the place of a fault is the line and the sign under which the database points", () => {
  const said = "Binder Error: no such column\n\nLINE 2: WHERE agnt = 1\n              ^^^^\nCorrect it.";
  expect(faultOf(said)).toEqual({ line: 2, sign: 7 });
  expect(faultOf("The query took longer than 10 s.")).toBeNull();
});

test("commas, quotes and lines inside values stay inside their cell", () => {
  expect(
    csvOf(
      ["a", "b"],
      [
        ["x,y", 'say "no"'],
        [null, { k: [1] }],
      ],
    ),
  ).toBe('a,b\r\n"x,y","say ""no"""\r\n,"{""k"":[1]}"\r\n');
});
