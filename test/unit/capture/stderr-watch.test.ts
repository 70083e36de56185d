import { expect, test } from "bun:test";
import { StderrWatch } from "../../../src/capture/ffmpeg/stderr-watch.ts";

test.each([
  "[verbose] No more output streams to write to, finishing.",
  "[in#0/rtsp @ 0x55d0c0] [verbose] EOF while reading input",
  "[in#0/rtsp @ 0x55d0c0] [error] Error during demuxing: Connection reset by peer",
])("the input is over after: %s", (line) => {
  const watch = new StderrWatch((text) => text);
  watch.push("[info] frame=   38 fps=0.0 q=-1.0 size=     164kB time=00:00:01.51 bitrate= 886.8kbits/s");
  watch.push("[rtsp @ 0x55d0c0] [warning] max delay reached. need to consume packet");
  expect(watch.isEnding).toBe(false);
  watch.push(line);
  expect(watch.isEnding).toBe(true);
});
