import { expect, test } from "bun:test";
import { ExecSource } from "../../../src/capture/ffmpeg/exec-source.ts";
import { SimulatedClock } from "./simulated-clock.ts";

test("a program that is not there is named, and tried again as soon as a camera would be: it may be installed now", async () => {
  const source = new ExecSource({ argv: ["/nowhere/camera"], withSound: true, clock: new SimulatedClock() });
  const sink = {
    begin: () => expect.unreachable(),
    fragment: () => expect.unreachable(),
  };
  expect(await source.run(sink, new AbortController().signal)).toEqual({
    reason: "source-unsupported",
    detail: 'The program "/nowhere/camera" was not found',
    retry: "later",
  });
});
