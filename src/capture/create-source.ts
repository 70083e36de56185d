import type { ChannelConfig } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import { demoSource } from "./demo.ts";
import { ExecSource } from "./ffmpeg/exec-source.ts";
import { FfmpegSource } from "./ffmpeg/source.ts";
import { HlsSource } from "./hls/source.ts";
import type { KeptSource } from "./source.ts";

/** The source that a channel is recorded from. */
export function createSource(
  { source, audio: withSound }: Pick<ChannelConfig, "source" | "audio">,
  clock: Clock,
): KeptSource {
  switch (source.kind) {
    case "rtsp": {
      const input = { kind: "rtsp" as const, url: source.url.reveal(), transport: source.transport };
      return new FfmpegSource({ input, withSound, clock });
    }
    case "hls":
      return new HlsSource({ config: source, withSound, clock });
    case "url":
      return new FfmpegSource({ input: { kind: "url", url: source.url.reveal() }, withSound, clock });
    case "exec": {
      const { argv, format } = source;
      return new ExecSource({ argv, withSound, clock, ...(format === undefined ? {} : { format }) });
    }
    case "demo":
      return demoSource(source.scene, { withSound, clock });
    case "upload":
    case "folder":
      throw new NightjarError("internal", `${source.kind} is no source that is asked for pictures`);
  }
}
