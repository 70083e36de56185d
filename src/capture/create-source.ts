import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import { demoSource } from "./demo.ts";
import { ExecSource } from "./ffmpeg/exec-source.ts";
import { FfmpegSource } from "./ffmpeg/source.ts";
import type { Source } from "./source.ts";

/** What a channel is recorded from, as the configuration says it. */
export type SourceSettings = {
  /** A URL, `demo:` or `demo:NAME`, or a program that writes a stream. */
  source: string | { exec: readonly string[]; format?: string };
  /** How RTP comes, for RTSP. */
  transport: "tcp" | "udp";
  /** Whether sound is recorded. */
  audio: boolean;
};

/** The source for a channel's settings. @throws NightjarError `config` for one that can't exist. */
export function createSource({ source, transport, audio: withSound }: SourceSettings, clock: Clock): Source {
  if (typeof source !== "string") {
    const { exec: argv, format } = source;
    if (argv.length === 0) throw new NightjarError("config", "The command of a source is empty");
    return new ExecSource({ argv, withSound, clock, ...(format === undefined ? {} : { format }) });
  }
  if (source.startsWith("demo:")) return demoSource(source.slice("demo:".length), { withSound, clock });
  const isRtsp = /^rtsps?:/i.test(source);
  const input = isRtsp
    ? { kind: "rtsp" as const, url: source, transport }
    : { kind: "url" as const, url: source };
  return new FfmpegSource({ input, withSound, clock });
}
