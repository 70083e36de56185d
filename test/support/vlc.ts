import { chown } from "node:fs/promises";
import { join } from "node:path";
import { takenTimes } from "./picture-time.ts";
import { cleanEnvironment } from "./processes.ts";
import { tempFolder } from "./temp.ts";
import { within } from "./wait.ts";

/** VLC's own counters. It counts what it decodes twice, once as it is cut into frames; here each counts once. */
export type VlcCounters = {
  decodedVideo: number;
  displayedPictures: number;
  lostPictures: number;
  decodedAudio: number;
  playedAudioBuffers: number;
  lostAudioBuffers: number;
};

export type VlcStep =
  /** Play on for so long. */
  | { playSeconds: number }
  /** Go to a place, in seconds from the start of the list. */
  | { seekSeconds: number };

export type VlcResult = {
  /** The counters after each step; they count on from the start. */
  counters: VlcCounters[];
  /** Where it said it was after each step, in seconds. */
  timesSeconds: number[];
  /** When the picture was taken that a `TimeCamera` sent and that was shown after each step, ms UTC, if it was looked at. */
  takenMs: number[];
  /** The length it showed, in seconds. */
  lengthSeconds: number;
  /** Lines of its log that say that something is wrong with the media. */
  complaints: string[];
  /** Whether it was still playing, or paused at the end, after the last step. */
  state: string;
  log: string[];
};

/** The user `nobody` of Debian: VLC refuses to run as root. */
const ORDINARY_USER = 65534;
/** What belongs to a machine without screen, sound card, and session, not to the media. */
const UNRELATED =
  /interface (error|warning)|libvlc error|dbus|globalhotkeys|no suitable interface|attachment of/;
/** What a busy machine is to blame for; the pictures are counted as lost. */
const SLOW_MACHINE = /picture is too late to be displayed|picture might be displayed late/;
/** What VLC says of a decoder's own start after every seek, also in files that it made itself. */
const AFTER_EVERY_SEEK =
  /Timestamp conversion failed|Could not convert timestamp|decode_slice_header error|no reference clock|Could not get display date|Error parsing NAL unit|get_buffer\(\) failed/;
/** What writing pictures into files says of itself; only when that was asked for. */
const WRITING_PICTURES =
  /filter error: (Too high level|Failed to create video converter)|Failed to (create|add) .*filter 'scene'/;
/** A line of VLC that is a warning or an error, or one of the decoders behind it. */
const SERIOUS = / (warning|error): |^\[\w+ @ 0x/;
const COMPLAINT = /\b(error|too late|buffer too|lost|corrupt|failed|underflow)\b/i;

const NUMBERS: Record<keyof VlcCounters, RegExp> = {
  decodedVideo: /video decoded\s*:\s*(\d+)/g,
  displayedPictures: /frames displayed\s*:\s*(\d+)/g,
  lostPictures: /frames lost\s*:\s*(\d+)/g,
  decodedAudio: /audio decoded\s*:\s*(\d+)/g,
  playedAudioBuffers: /buffers played\s*:\s*(\d+)/g,
  lostAudioBuffers: /buffers lost\s*:\s*(\d+)/g,
};

const lastNumber = (text: string, pattern: RegExp): number =>
  Number([...text.matchAll(pattern)].at(-1)?.[1] ?? 0);

function countersIn(text: string): VlcCounters {
  const entries = Object.entries(NUMBERS).map(([name, pattern]) => [name, lastNumber(text, pattern)]);
  const counters = Object.fromEntries(entries) as VlcCounters;
  return {
    ...counters,
    decodedVideo: Math.floor(counters.decodedVideo / 2),
    decodedAudio: Math.floor(counters.decodedAudio / 2),
  };
}

/** The command line: as an ordinary user, who may still read the folders of tests. */
async function commandLine(home: string, input: string, isWatched: boolean): Promise<string[]> {
  const player = [
    "vlc",
    "-I",
    "oldrc",
    "--rc-fake-tty",
    "--no-color",
    "-vv",
    "--vout",
    "dummy",
    "--aout",
    "dummy",
  ];
  // Every fifth picture that is shown, as a file that the next one replaces.
  const scene = ["--scene-format=png", "--scene-ratio=5", "--scene-replace", "--scene-prefix=shown"];
  if (isWatched) player.push("--video-filter=scene", ...scene, `--scene-path=${home}`);
  const quiet = ["--no-osd", "--no-spu", "--no-media-library", "--play-and-pause", input];
  if (process.getuid?.() !== 0) return [...player, ...quiet];
  await chown(home, ORDINARY_USER, ORDINARY_USER);
  const user = [`--reuid=${ORDINARY_USER}`, `--regid=${ORDINARY_USER}`, "--clear-groups"];
  const reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  return ["setpriv", ...user, ...reading, ...player, ...quiet];
}

/**
 * Plays a file or address in VLC without screen and sound card, step by step, and returns what its counters say.
 * @throws Error when it does not answer for 10 s beyond the time that the steps take, or never opens the input.
 */
export async function playInVlc(
  input: string,
  steps: readonly VlcStep[],
  { isWatched = false }: { isWatched?: boolean } = {},
): Promise<VlcResult> {
  await using home = await tempFolder("vlc-test-");
  const child = Bun.spawn(await commandLine(home.path, input, isWatched), {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    env: cleanEnvironment({ HOME: home.path }),
  });
  const log: string[] = [];
  let unfinished = "";
  let answers = "";
  const collected = Promise.all([
    readText(child.stderr, (text) => {
      const lines = (unfinished + text).split("\n");
      unfinished = lines.pop() ?? "";
      log.push(...lines.filter((line) => line !== ""));
    }),
    readText(child.stdout, (text) => (answers += text)),
  ]);
  /** Sends a command and returns what it wrote up to the line that ends its answer. */
  const ask = async (command: string, end: RegExp): Promise<string> => {
    const from = answers.length;
    void child.stdin.write(`${command}\n`);
    await child.stdin.flush();
    const reply = async () => {
      while (!end.test(answers.slice(from))) {
        if (child.exitCode !== null) throw new Error(`VLC ended: ${log.slice(-20).join("\n")}`);
        await Bun.sleep(20);
      }
      return answers.slice(from);
    };
    return within(`VLC's answer to ${command}`, 10_000, reply());
  };
  const askNumber = async (command: string): Promise<number> =>
    Number(/(\d+)\s*\r?\n/.exec(await ask(command, /\d+\s*\r?\n/))?.[1]);
  try {
    const result: VlcResult = {
      counters: [],
      timesSeconds: [],
      takenMs: [],
      lengthSeconds: 0,
      complaints: [],
      state: "",
      log,
    };
    await ask("status", /status: returned/);
    for (const step of steps) {
      if ("seekSeconds" in step) await ask(`seek ${step.seekSeconds}`, /seek: returned/);
      else await Bun.sleep(step.playSeconds * 1000);
      result.counters.push(countersIn(await ask("stats", /stats: returned/)));
      result.timesSeconds.push(await askNumber("get_time"));
      if (isWatched) result.takenMs.push((await takenTimes(join(home.path, "shown.png")))[0] ?? Number.NaN);
    }
    result.lengthSeconds = await askNumber("get_length");
    const status = await ask("status", /status: returned/);
    result.state = /state (\w+)/.exec(status)?.[1] ?? (status.includes("pause") ? "paused" : "unknown");
    result.complaints = log.filter(
      (line) =>
        SERIOUS.test(line) &&
        COMPLAINT.test(line) &&
        !UNRELATED.test(line) &&
        !(isWatched && WRITING_PICTURES.test(line)) &&
        !SLOW_MACHINE.test(line) &&
        !AFTER_EVERY_SEEK.test(line),
    );
    return result;
  } finally {
    child.kill("SIGKILL");
    await child.exited;
    await within("the end of VLC's output", 2000, collected).catch(() => {});
  }
}

async function readText(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}
