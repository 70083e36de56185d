import { backwardJumpTicks } from "./time-watch.ts";

/** What ffmpeg says about its input before it begins. */
export type InputStreams = { format?: string; video?: string; audio?: string };

const KEPT_PROBLEMS = 40;
/** What ffmpeg says when its input is over, before it writes what it still has: up to 6.0, and since. */
const INPUT_OVER = /No more output streams to write to|EOF while reading input|Error during demuxing/;

/** Reads ffmpeg's standard error (at the level `level+verbose`) line by line. */
export class StderrWatch {
  /** Lines of the levels error and fatal, and telling warnings, oldest first; without URLs' secrets. */
  readonly problems: string[] = [];
  /** A connection was made, or something was read. */
  isConnected = false;
  /** The input was opened and its streams are known. */
  isOpen = false;
  readonly streams: InputStreams = {};
  backwardTicks: number | undefined;
  /** The size of the pictures could not be found in the time given for it. */
  lacksSize = false;
  /** The output's header was given to the muxer: every stream that is encoded has begun. */
  hasOutput = false;
  /** Pictures given to the muxer, by ffmpeg's own count, a second late at most. */
  pictures = 0;
  /** The first picture came without a time. */
  firstTimeIsGuess = false;
  /** The input is over: what is written from now on is the rest, the last picture perhaps cut off. */
  isEnding = false;
  #inInput = false;

  /** @param redact removes every secret of the source from a line */
  constructor(private readonly redact: (line: string) => string) {}

  push(rawLine: string): void {
    const count = /^\[info\] frame= *(\d+) /.exec(rawLine);
    if (count !== null) {
      this.pictures = Number(count[1]);
      return;
    }
    const line = this.redact(rawLine);
    if (/\[(?:error|fatal|panic)\] ./.test(line)) this.#keep(line);
    if (line.includes("Successfully connected to")) this.isConnected = true;
    if (INPUT_OVER.test(line)) this.isEnding = true;
    if (line.includes("dimensions not set")) this.lacksSize = true;
    const input = /Input #0, ([\w,]+), from/.exec(line);
    if (input !== null) {
      this.isConnected = true;
      this.#inInput = true;
      if (input[1] !== undefined) this.streams.format = input[1];
    }
    if (line.includes("Output #0,")) this.hasOutput = true;
    if (line.includes("Timestamps are unset in a packet for stream 0")) this.firstTimeIsGuess = true;
    if (/\[info\] (?:Output #0|Stream mapping)/.test(line)) this.#inInput = false;
    if (this.#inInput) this.#takeStream(line);
    this.backwardTicks ??= backwardJumpTicks(line);
  }

  #takeStream(line: string): void {
    const stream = /Stream #0:\d+.*?: (Video|Audio): (\w+)/.exec(line);
    if (stream === null) return;
    this.isOpen = true;
    const [, kind, codec = "none"] = stream;
    if (kind === "Video") this.streams.video ??= codec;
    else this.streams.audio ??= codec;
  }

  #keep(line: string): void {
    this.problems.push(line);
    if (this.problems.length > KEPT_PROBLEMS) this.problems.shift();
  }
}
