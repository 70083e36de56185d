import { describe, expect, test } from "bun:test";
import { captureCommand } from "../../../src/media/ffmpeg-arguments.ts";

describe("ffmpeg's command", () => {
  test("has no URL among its arguments, whatever the kind", () => {
    for (const input of [
      { kind: "rtsp", url: "rtsp://user:secret@cam/1", transport: "udp" },
      { kind: "url", url: "http://user:secret@cam/1.ts" },
    ] as const) {
      const { argv, script } = captureCommand(input, "copy");
      expect(argv.join(" ")).not.toContain("secret");
      expect(argv.join(" ")).not.toContain("cam/1");
      expect(script).toContain(input.url);
    }
  });

  test("writes the transport into the script", () => {
    const { script } = captureCommand({ kind: "rtsp", url: "rtsp://cam/1", transport: "udp" }, "none");
    expect(script).toBe(
      "ffconcat version 1.0\nfile 'rtsp://cam/1'\noption rtsp_transport udp\noption analyzeduration 500000\n",
    );
  });

  test("a URL can't break out of its line", () => {
    const { script } = captureCommand({ kind: "rtsp", url: "rtsp://u:it's@cam/1", transport: "tcp" }, "none");
    expect(script).toContain(String.raw`file 'rtsp://u:it'\''s@cam/1'`);
    const command = () => captureCommand({ kind: "url", url: "http://cam/\nfile '/etc/passwd'" }, "none");
    expect(command).toThrow("control characters");
  });

  test("remote sources can't make it open files of this machine", () => {
    for (const input of [
      { kind: "url", url: "http://cam/1.ts" },
      { kind: "pipe", format: "mpegts" },
    ] as const) {
      const { argv } = captureCommand(input, "copy");
      expect(argv[argv.indexOf("-protocol_whitelist") + 1]?.split(",")).not.toContain("file");
    }
  });

  test("copies pictures, and sound as it is told", () => {
    const input = { kind: "rtsp", url: "rtsp://cam/1", transport: "tcp" } as const;
    for (const sound of ["copy", "to-aac", "none"] as const) {
      const text = captureCommand(input, sound).argv.join(" ");
      expect(text).toContain("-c:v copy");
      expect(text.includes("-c:a copy")).toBe(sound === "copy");
      expect(text.includes("-c:a aac -ar 48000")).toBe(sound === "to-aac");
      expect(text.split(" ").includes("-an")).toBe(sound === "none");
    }
  });

  test("waits for the first sample of each track, unless sound may never come", () => {
    const input = { kind: "rtsp", url: "rtsp://cam/1", transport: "tcp" } as const;
    expect(captureCommand(input, "copy").argv).toContain("+delay_moov+frag_keyframe+default_base_moof");
    const late = captureCommand(input, "copy", { lateSound: true });
    expect(late.argv).toContain("+empty_moov+frag_keyframe+default_base_moof");
  });
});
