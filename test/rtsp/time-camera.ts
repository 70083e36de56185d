import { resolve } from "node:path";
import { z } from "zod";
import { cleanEnvironment } from "../support/processes.ts";
import { within } from "../support/wait.ts";

const script = resolve(import.meta.dir, "time-camera.py");
// Debian's own interpreter: the GObject bindings belong to it.
const PYTHON = "/usr/bin/python3";
const START_TIMEOUT_MS = 20_000;

export type TimeCameraOptions = {
  /** From one key picture to the next, at 25 a second. */
  gopPictures?: number;
  /** Port to listen on; without it a free one. */
  port?: number;
  width?: number;
  height?: number;
  codec?: "h264" | "h265";
  sound?: "aac" | "alaw" | "none";
  /** Each picture is told to be exactly 40 ms after the one before, however late it was taken. */
  isSteady?: boolean;
};

/** A camera whose pictures say when they were taken; see the script. */
export class TimeCamera implements AsyncDisposable {
  private constructor(
    readonly url: string,
    private readonly child: Bun.Subprocess<"pipe", "pipe", "inherit">,
  ) {}

  static async start({
    gopPictures = 25,
    port = 0,
    ...picture
  }: TimeCameraOptions = {}): Promise<TimeCamera> {
    const config = { port, gop: gopPictures, rate: 25, ...picture };
    const child = Bun.spawn([PYTHON, script, JSON.stringify(config)], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
      env: cleanEnvironment(),
    });
    try {
      const reader = child.stdout.getReader();
      const { value } = await within("the camera", START_TIMEOUT_MS, reader.read());
      reader.releaseLock();
      const ready = z.object({ port: z.number() }).parse(JSON.parse(new TextDecoder().decode(value)));
      return new TimeCamera(`rtsp://127.0.0.1:${ready.port}/time`, child);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }
}
