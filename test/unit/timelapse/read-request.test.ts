import { describe, expect, test } from "bun:test";
import { NightjarError } from "../../../src/platform/errors.ts";
import { readRequest, type TimelapseFields } from "../../../src/timelapse/read-request.ts";
import { requestTitle, timelapseRequest } from "../../../src/timelapse/timelapse-request.ts";

const ZONE = "Europe/Berlin";
const channel = { id: "front", name: "Front", zone: ZONE, isRetired: false };
/** 14:03 on 20 November 2026 in Berlin. */
const NOW_MS = Date.UTC(2026, 10, 20, 13, 3);
const read = (fields: TimelapseFields) => readRequest(channel, fields, NOW_MS);

describe("what is asked for", () => {
  test.each([
    [{ date: "2026-11-19" }, { date: "2026-11-19" }, "Timelapse of Thu 19 Nov 2026"],
    [
      { date: "today" },
      { startMs: Date.UTC(2026, 10, 19, 23), endMs: NOW_MS },
      "Timelapse of Fri 20 Nov 2026, 00:00 to 14:03",
    ],
    [
      { from: "2026-11-19T10:00", to: "2026-11-20T00:00", speed: "600" },
      { startMs: Date.UTC(2026, 10, 19, 9), endMs: Date.UTC(2026, 10, 19, 23), speed: 600 },
      "Timelapse of Thu 19 Nov 2026, 10:00 to 24:00",
    ],
    [
      { from: "2026-11-18T10:00:00Z", length: "30s" },
      { startMs: Date.UTC(2026, 10, 18, 10), endMs: NOW_MS, lengthMs: 30_000 },
      "Timelapse of Wed 18 Nov 2026, 11:00 to Fri 20 Nov 2026, 14:03",
    ],
  ])("%p", (fields, wanted, title) => {
    const request = read(fields);
    expect(request).toEqual({ channel: "front", ...wanted });
    expect(timelapseRequest.parse(JSON.parse(JSON.stringify(request)))).toEqual(request);
    expect(requestTitle(request, ZONE)).toBe(title);
  });

  test.each([
    [{}, "from", "bad-request"],
    [{ date: "2026-11-31" }, "day", "bad-request"],
    [{ date: "2026-11-21" }, "has not begun", "not-found"],
    [{ date: "today", from: "2026-11-20T01:00" }, "date", "bad-request"],
    [{ date: "2026-11-19", speed: "60" }, "date", "bad-request"],
    [{ from: "2026-11-20T12:00", to: "2026-11-20T12:00" }, "to is", "bad-request"],
    [{ from: "2026-11-20T15:00" }, "to is", "bad-request"],
    [{ from: "2020-01-01" }, "366 days", "bad-request"],
    [{ from: "2026-11-20T12:00", speed: "1" }, "speed", "bad-request"],
    [{ from: "2026-11-20T12:00", speed: "1e9" }, "speed", "bad-request"],
    [{ from: "2026-11-20T12:00", length: "2h" }, "length", "bad-request"],
    [{ from: "2026-11-20T12:00", length: "30s", speed: "60" }, "speed", "bad-request"],
  ])("not %p", (fields, said, kind) => {
    try {
      read(fields);
      throw new Error("it was taken");
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      expect([error.kind as string, error.message]).toEqual([kind, expect.stringContaining(said)]);
    }
  });
});
