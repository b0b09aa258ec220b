import { expect, test } from "vitest";
import { clockTicks, tickWords } from "./clockTicks";

const at = (text: string) => Date.parse(text);
const words = (from: string, to: string, most: number, zone = "UTC") =>
  clockTicks(at(from), at(to), most, zone).map((ms) => tickWords(ms, zone));

test("two days are told by hours, and by the day where one begins", () => {
  expect(words("2026-11-21T01:44:00Z", "2026-11-22T22:40:00Z", 8)).toEqual([
    "06:00",
    "12:00",
    "18:00",
    "22 Nov",
    "06:00",
    "12:00",
    "18:00",
  ]);
});

test("no label comes twice where days are told", () => {
  expect(words("2026-11-01T01:44:00Z", "2026-11-22T22:40:00Z", 8)).toEqual([
    "3 Nov",
    "6 Nov",
    "9 Nov",
    "12 Nov",
    "15 Nov",
    "18 Nov",
    "21 Nov",
  ]);
});

test("minutes and seconds are round", () => {
  expect(words("2026-11-21T14:01:00Z", "2026-11-21T14:31:00Z", 4)).toEqual(["14:10", "14:20", "14:30"]);
  expect(words("2026-11-21T14:01:01Z", "2026-11-21T14:01:32Z", 3)).toEqual(["14:01:15", "14:01:30"]);
});

test("days begin in the zone that is shown, also when its clock is changed", () => {
  expect(clockTicks(at("2026-11-20T12:00:00Z"), at("2026-11-22T12:00:00Z"), 2, "Asia/Tokyo")).toEqual([
    at("2026-11-20T15:00:00Z"),
    at("2026-11-21T15:00:00Z"),
  ]);
  expect(clockTicks(at("2026-10-23T12:00:00Z"), at("2026-10-26T12:00:00Z"), 3, "Europe/Berlin")).toEqual([
    at("2026-10-23T22:00:00Z"),
    at("2026-10-24T22:00:00Z"),
    at("2026-10-25T23:00:00Z"),
  ]);
});

test("nothing lies outside, however short the time", () => {
  expect(clockTicks(at("2026-11-21T14:00:00.200Z"), at("2026-11-21T14:00:00.700Z"), 8, "UTC")).toEqual([]);
});
