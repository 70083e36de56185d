import { errorText } from "../platform/errors.ts";
import { findTool, runTool } from "../platform/process.ts";
import type { DoctorCheck } from "./doctor-check.ts";

const LIMITS = { timeoutMs: 10_000, maxOutputBytes: 1_000_000 };
/** The oldest that knows `-fps_mode`, by which films keep the times of their pictures; the tests run with it, too. */
const OLDEST = { major: 5, minor: 1 };

/** Names in the second column of ffmpeg's lists (`-encoders`, `-demuxers`). */
export function namesInList(text: string): Set<string> {
  const names = text
    .split("\n")
    .flatMap((line) => /^ [A-Z. ]{1,6} ([\w,]+)/.exec(line)?.[1]?.split(",") ?? []);
  return new Set(names);
}

/** `5.1.9` of `ffmpeg version 5.1.9-0+deb12u1 Copyright …`; builds from source may have no number. */
export const versionOf = (text: string): string =>
  /^ffmpeg version (\S+)/m.exec(text)?.[1] ?? "of an unknown version";

/** Whether a version is older than Nightjar needs. A build that has a date or a revision for a number is taken as new. */
export function isTooOld(version: string): boolean {
  const [, major, minor] = /^n?(\d{1,3})\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return false;
  const [ahead, behind] = [Number(major) - OLDEST.major, Number(minor) - OLDEST.minor];
  return ahead < 0 || (ahead === 0 && behind < 0);
}

async function listOf(path: string, list: string): Promise<Set<string>> {
  const { stdout } = await runTool([path, "-hide_banner", "-loglevel", "error", list], LIMITS);
  return namesInList(stdout);
}

/**
 * Whether ffmpeg is there, and can do what capture asks of it.
 * @param isNeeded whether a channel is captured by it; without, it makes pictures out of footage and no more
 */
export async function ffmpegCheck(isNeeded = true): Promise<DoctorCheck> {
  const name = "ffmpeg";
  const path = findTool("ffmpeg");
  if (path === undefined) {
    const advice = isNeeded
      ? "Cameras are captured with it. Install it: apt install ffmpeg"
      : "No channel is captured with it, but still pictures are made with it: apt install ffmpeg";
    return { name, state: isNeeded ? "fail" : "warn", found: "not found", advice };
  }
  try {
    const { stdout } = await runTool([path, "-hide_banner", "-version"], LIMITS);
    const version = versionOf(stdout);
    const [encoders, demuxers, muxers] = await Promise.all(
      ["-encoders", "-demuxers", "-muxers"].map((list) => listOf(path, list)),
    );
    const found = `${version} at ${path}`;
    const needed = [
      demuxers?.has("rtsp") ? "" : "reading rtsp",
      muxers?.has("mp4") ? "" : "writing mp4",
    ].filter(Boolean);
    if (needed.length > 0) {
      const advice = "Cameras can't be captured with it. Install a complete one: apt install ffmpeg";
      return { name, state: "fail", found: `${found}, without ${needed.join(" and ")}`, advice };
    }
    const wished = [
      encoders?.has("aac") ? "" : "the aac encoder: sound that is not AAC can't be kept",
      encoders?.has("libx264") ? "" : "libx264: demo: sources don't work",
    ].filter(Boolean);
    if (wished.length > 0)
      return { name, state: "warn", found: `${found}, without ${wished.join("; without ")}` };
    if (isTooOld(version)) {
      const oldest = `${OLDEST.major}.${OLDEST.minor}`;
      const advice = `Moments, clips and days made smaller need ffmpeg ${oldest} or newer; nothing is tested with an older one.`;
      return { name, state: "warn", found, advice };
    }
    return { name, state: "ok", found };
  } catch (error) {
    return {
      name,
      state: "fail",
      found: `${path}: ${errorText(error)}`,
      advice: "Install it anew: apt install ffmpeg",
    };
  }
}
