import { expect, spyOn, test } from "bun:test";
import { redactorFor, redactorForArguments } from "../../../src/capture/ffmpeg/redact.ts";
import { ExecSource } from "../../../src/capture/ffmpeg/exec-source.ts";
import { startLogging } from "../../../src/platform/log.ts";
import { SimulatedClock } from "./simulated-clock.ts";

const passwords = [
  "plain",
  "it's",
  'say"so',
  "a:b",
  "a b".replace(" ", "%20"),
  "p%40ss%3Aw%2Frd%2525%27%22",
  "$&()*+,;=",
];

test("a password of any characters is in no line that a camera's program writes", () => {
  for (const password of passwords) {
    const url = `rtsp://viewer:${password}@camera/stream?token=abc123`;
    const lines = [
      `${url}: Connection refused`,
      `opening '${url}'`,
      `user viewer password ${decodeURIComponent(password)}`,
    ];
    for (const redact of [redactorFor(url), redactorForArguments(["sh", "-c", `camera ${url} -o -`])]) {
      for (const line of lines) {
        const shown = redact(line);
        expect([password, shown.includes(password) || shown.includes(decodeURIComponent(password))]).toEqual([
          password,
          false,
        ]);
        expect(shown).not.toContain("abc123");
      }
    }
  }
});

test("the arguments of a program of the user's own are not logged, and what it says is redacted", async () => {
  const written: string[] = [];
  const stderr = spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  try {
    await startLogging({ format: "text", level: "debug" });
    const url = "rtsp://viewer:it's@camera/";
    const argv = ["sh", "-c", 'echo "$1: no such camera" >&2; exit 3', "sh", url, "--pin=4711"];
    const source = new ExecSource({ argv, format: "mpegts", withSound: false, clock: new SimulatedClock() });
    const sink = { begin: () => {}, fragment: () => {} };
    const end = await source.run(sink, new AbortController().signal);
    expect(end.detail).toMatch(/^sh ended with exit code 3: .*no such camera$/);
    expect(end.detail).not.toContain("it's");
    expect(written.join("")).toContain("starting: sh");
    expect(written.join("")).not.toMatch(/it's|4711/);
  } finally {
    stderr.mockRestore();
    await startLogging({ format: "text", level: "error" });
  }
});
