import { expect, test } from "bun:test";
import type { NewClip } from "../../../src/clips/clip.ts";
import { clipName, parseClipName } from "../../../src/clips/clip-names.ts";

const clip: NewClip = {
  kind: "clip",
  channel: "front",
  startMs: Date.UTC(2026, 9, 25, 0, 30),
  endMs: Date.UTC(2026, 9, 25, 2, 0, 5, 250),
  localTime: "2026-10-25T02:30:00",
  isWholeDay: false,
};
const channel = { id: "front", isDay: () => false };

test.each([
  [clip, "clip_2026-10-25_02-30-00+0200_1h30m5s250ms"],
  // The same time of day an hour later, in the hour that autumn repeats.
  [{ ...clip, startMs: clip.startMs + 3_600_000 }, "clip_2026-10-25_02-30-00+0100_30m5s250ms"],
])("what a name says is what is read from it: %#", (given, name) => {
  expect(clipName(given, "Europe/Berlin")).toBe(name);
  expect(parseClipName(`${name}.mp4`, channel)).toEqual(given);
  expect(parseClipName(`${name}-12.mp4`, channel)).toEqual(given);
});

test("a day is named by its date, however long it is", () => {
  const startMs = Date.UTC(2026, 9, 24, 22);
  const day = {
    ...clip,
    kind: "timelapse",
    startMs,
    endMs: startMs + 25 * 3_600_000,
    localTime: "2026-10-25",
  } as const;
  const name = clipName({ ...day, isWholeDay: true }, "Europe/Berlin");
  expect(name).toBe("timelapse_2026-10-25_00-00-00+0200_1d1h");
  const isDay = (from: number, to: number) => from === startMs && to === day.endMs;
  expect(parseClipName(`${name}.mp4`, { id: "front", isDay })).toEqual({ ...day, isWholeDay: true });
});

test.each([
  "x.mp4",
  "clip_2026-10-25_02-30-00+0200_.mp4",
  "clip_2026-10-25_02-30-00+0200_5s.gif",
  "film_2026-10-25_02-30-00+0200_5s.mp4",
])("not ours: %s", (name) => expect(parseClipName(name, channel)).toBeUndefined());
