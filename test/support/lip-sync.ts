import { finished } from "./processes.ts";

/** Times in seconds at which a flash or a beep begins. */
export type Onsets = { flashes: number[]; beeps: number[] };

const SOUND_STEP_SAMPLES = 48;
const BRIGHT_LEVEL = 128;
const LOUD_DECIBEL = -30;

/** The times at which a measured value rises over a level, out of what ffmpeg's `metadata=print` wrote. */
function risesOver(level: number, printed: string): number[] {
  const rises: number[] = [];
  let timeSeconds = 0;
  let wasOver: boolean | undefined;
  for (const line of printed.split("\n")) {
    const time = /pts_time:(-?[\d.]+)/.exec(line)?.[1];
    if (time !== undefined) timeSeconds = Number(time);
    const value = /^lavfi\.[^=]+=(.+)$/.exec(line)?.[1];
    if (value === undefined) continue;
    // Silence is -inf, which is no number.
    const isOver = Number(value) > level;
    if (isOver && wasOver === false) rises.push(timeSeconds);
    wasOver = isOver;
  }
  return rises;
}

async function measured(input: string, filter: string[]): Promise<string> {
  const argv = [
    "ffmpeg",
    "-nostdin",
    "-hide_banner",
    "-v",
    "error",
    "-i",
    input,
    ...filter,
    "-f",
    "null",
    "-",
  ];
  const done = await finished(argv, { timeoutMs: 60_000 });
  if (done.code !== 0) throw new Error(`ffmpeg could not measure ${input}: ${done.stderr}`);
  return done.stdout;
}

/** When the picture becomes white and the sound becomes loud, on the one clock of a file or address. */
export async function flashesAndBeeps(input: string): Promise<Onsets> {
  const brightness = "scale=16:16,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-";
  const loudness = `asetnsamples=${SOUND_STEP_SAMPLES},astats=metadata=1:reset=1,ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-`;
  const [pictures, sound] = await Promise.all([
    measured(input, ["-map", "0:v:0", "-vf", brightness]),
    measured(input, ["-map", "0:a:0", "-af", loudness]),
  ]);
  return { flashes: risesOver(BRIGHT_LEVEL, pictures), beeps: risesOver(LOUD_DECIBEL, sound) };
}

/** For each flash, by how many milliseconds its beep comes later; a flash without a beep within 0.5 s is `NaN`. */
export function beepDelaysMs({ flashes, beeps }: Onsets): number[] {
  return flashes.map((flash) => {
    const delays = beeps.map((beep) => (beep - flash) * 1000);
    return delays.find((delay) => Math.abs(delay) < 500) ?? Number.NaN;
  });
}
