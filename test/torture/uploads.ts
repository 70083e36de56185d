import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ParsedMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { intervalPath, playlistOf } from "../support/channels.ts";
import type { Nightjar } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tsClip } from "../support/ts-clip.ts";

/** The day that is uploaded; its channel has UTC. */
export const DATE = "2026-11-19";
const DAY_START_MS = Date.parse(`${DATE}T00:00:00Z`);

/** `video_HHMMSS.ts` of the place in a day of files of so many seconds. */
export const segmentName = (index: number, seconds: number): string =>
  `video_${new Date(index * seconds * 1000).toISOString().slice(11, 19).replaceAll(":", "")}.ts`;

/**
 * Pieces of a day as a recorder cuts them, one every so many seconds, on one clock. Made of one clip, its clock set on.
 * @param clipSeconds the length of each, where it is shorter
 */
export async function recorderFiles(
  folder: string,
  { count, seconds, clipSeconds = seconds }: { count: number; seconds: number; clipSeconds?: number },
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const clip = await tsClip({ seconds: clipSeconds, kilobitsPerSecond: 100, size: "160x90" });
  const names = Array.from({ length: count }, (_, index) => segmentName(index, seconds));
  for (const [index, name] of names.entries())
    await Bun.write(join(folder, name), movedOn(clip, index * seconds));
  return names;
}

const PACKET = 188;

/** Adds seconds to every clock in MPEG-TS: PCR, PTS and DTS (ISO 13818-1, 2.4.3). */
export function movedOn(clip: Uint8Array, seconds: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(clip);
  const ticks = BigInt(seconds) * 90_000n;
  const turn = 1n << 33n;
  const addStamp = (at: number): void => {
    const read = (place: number): bigint => BigInt(bytes[at + place] ?? 0);
    const high = (read(0) >> 1n) & 7n;
    const middle = ((read(1) << 8n) | read(2)) >> 1n;
    const low = ((read(3) << 8n) | read(4)) >> 1n;
    const value = (((high << 30n) | (middle << 15n) | low) + ticks) % turn;
    bytes[at] = Number((read(0) & 0xf1n) | (((value >> 30n) & 7n) << 1n));
    bytes[at + 1] = Number((value >> 22n) & 0xffn);
    bytes[at + 2] = Number((((value >> 15n) & 0x7fn) << 1n) | 1n);
    bytes[at + 3] = Number((value >> 7n) & 0xffn);
    bytes[at + 4] = Number(((value & 0x7fn) << 1n) | 1n);
  };
  for (let packet = 0; packet + PACKET <= bytes.length; packet += PACKET) {
    const control = ((bytes[packet + 3] ?? 0) >> 4) & 3;
    const fieldLength = control & 2 ? 1 + (bytes[packet + 4] ?? 0) : 0;
    if (fieldLength > 6 && (bytes[packet + 5] ?? 0) & 0x10) addClock(bytes, packet + 6, ticks, turn);
    const payload = packet + 4 + fieldLength;
    const isStart = ((bytes[packet + 1] ?? 0) & 0x40) !== 0 && (control & 1) !== 0;
    const isPes = bytes[payload] === 0 && bytes[payload + 1] === 0 && bytes[payload + 2] === 1;
    if (!isStart || !isPes) continue;
    const flags = (bytes[payload + 7] ?? 0) >> 6;
    if (flags & 2) addStamp(payload + 9);
    if (flags === 3) addStamp(payload + 14);
  }
  return bytes;
}

/** A program clock reference: 33 bits of 90 kHz, then 15 that stay. */
function addClock(bytes: Uint8Array, at: number, ticks: bigint, turn: bigint): void {
  const view = new DataView(bytes.buffer, at, 6);
  const rest = BigInt(view.getUint16(4) & 0x7fff);
  const base = (BigInt(view.getUint32(0)) << 1n) | BigInt(view.getUint16(4) >> 15);
  const next = (base + ticks) % turn;
  view.setUint32(0, Number(next >> 1n));
  view.setUint16(4, Number(((next & 1n) << 15n) | rest));
}

/**
 * The client that recorders run: sends each file of a folder, newest first, by curl, and deletes it after any HTTP
 * answer. Ends when the folder is empty; returns the answers by their status.
 */
export class DeletingClient {
  readonly statuses = new Map<string, number>();
  #isStopped = false;

  constructor(
    private readonly folder: string,
    private readonly address: () => string,
  ) {}

  /** @param clients so many at once */
  async run(clients: number, timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    const busy = new Set<string>();
    const client = async (): Promise<void> => {
      while (!this.#isStopped && performance.now() < endMs) {
        const names = (await readdir(this.folder)).sort();
        const name = names.findLast((each) => !busy.has(each));
        if (name === undefined) {
          if (names.length === 0) return;
          await Bun.sleep(20);
          continue;
        }
        busy.add(name);
        await this.#send(name);
        busy.delete(name);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    const left = (await readdir(this.folder)).length;
    if (left > 0 && !this.#isStopped) throw new Error(`${left} files were not sent within ${timeoutMs} ms`);
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #send(name: string): Promise<void> {
    const path = join(this.folder, name);
    const args = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "20", "-T", path];
    const done = await finished(["curl", ...args, `${this.address()}${name}`]);
    const status = done.code === 0 ? done.stdout : "none";
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (done.code === 0) await rm(path, { force: true });
    else await Bun.sleep(100);
  }
}

/** What is listed of the day, as the times of its segments, in seconds since midnight. */
export async function listedTimes(server: Nightjar, channel: string): Promise<number[]> {
  const path = intervalPath(channel, DAY_START_MS, DAY_START_MS + 86_400_000);
  return timesOf(await playlistOf(server, path));
}

export function timesOf(list: ParsedMediaPlaylist): number[] {
  let atMs: number | undefined;
  return list.segments.map(({ programDateTimeMs, durationSeconds }) => {
    const startMs = programDateTimeMs ?? atMs ?? Number.NaN;
    atMs = startMs + durationSeconds * 1000;
    return (startMs - DAY_START_MS) / 1000;
  });
}
