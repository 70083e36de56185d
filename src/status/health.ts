import { isByFfmpeg } from "../config/source-kinds.ts";
import type { Status } from "./status.ts";

/** Machine-readable reasons of `/health`. Those of `failing` stop recording as a whole. */
export const healthCodes = [
  "database-unusable",
  "storage-missing",
  "storage-full",
  "ffmpeg-missing",
  "nothing-recorded",
  "channel-not-recording",
  "storage-message",
  "clock-unsynchronised",
] as const;
export type HealthCode = (typeof healthCodes)[number];

export type HealthReason = { code: HealthCode; message: string; channel?: string };

/** `starting` and `degraded` answer 200: some footage is, or soon will be, recorded. `failing` answers 503. */
export type Health = {
  status: "ok" | "starting" | "degraded" | "failing";
  version: string;
  uptimeSeconds: number;
  channels: { configured: number; recording: number };
  reasons: HealthReason[];
};

/** As long after a start, channels that don't record yet are no failure. */
export const STARTING_MS = 30_000;

/**
 * Judges the whole. Failing is what stops all recording: databases or storage unusable, no room and none to be
 * made, no channel recording although some are configured. Other trouble is named, and answered with 200.
 */
export function healthOf(status: Status, uptimeMs: number): Health {
  const configured = status.channels.filter((channel) => channel.condition !== "retired");
  const recording = configured.filter((channel) => channel.condition === "recording");
  const isStarting = uptimeMs < STARTING_MS && recording.length < configured.length;
  const failing = failures(status);
  const others: HealthReason[] = [];
  for (const channel of configured) {
    if (channel.condition === "recording") continue;
    others.push({ code: "channel-not-recording", channel: channel.id, message: channel.headline });
  }
  // Where nothing is sent, the sender may be at fault: that alone is no failure of this server.
  const isMeant = configured.some(({ arrivals }) => arrivals === undefined);
  if (isMeant && recording.length === 0 && !isStarting) {
    failing.push({ code: "nothing-recorded", message: "No channel is being recorded." });
  }
  if (!status.hasFfmpeg && configured.some(({ kind }) => kind === undefined || isByFfmpeg(kind))) {
    others.push({
      code: "ffmpeg-missing",
      message:
        "ffmpeg was not found; cameras are captured with it. Install it, for example with: apt install ffmpeg",
    });
  }
  for (const message of status.storage.messages) others.push({ code: "storage-message", message });
  if (status.clock === "unsynchronised") {
    others.push({
      code: "clock-unsynchronised",
      message: "The kernel calls its clock unsynchronised; times may be wrong.",
    });
  }
  return {
    status: judge(failing, others, isStarting),
    version: status.version,
    uptimeSeconds: Math.floor(uptimeMs / 1000),
    channels: { configured: configured.length, recording: recording.length },
    reasons: [...failing, ...others],
  };
}

function failures(status: Status): HealthReason[] {
  const reasons: HealthReason[] = [];
  if (status.databaseTrouble !== undefined)
    reasons.push({ code: "database-unusable", message: status.databaseTrouble });
  if (status.storage.missing) {
    reasons.push({
      code: "storage-missing",
      message: `${status.storage.path}: ${status.storage.missing.detail}`,
    });
  } else if (status.storage.isFull) {
    reasons.push({
      code: "storage-full",
      message: `${status.storage.path} is full and no room can be made.`,
    });
  }
  return reasons;
}

function judge(
  failing: readonly HealthReason[],
  others: readonly HealthReason[],
  isStarting: boolean,
): Health["status"] {
  if (failing.length > 0) return "failing";
  if (isStarting) return "starting";
  const degrading = others.some(
    (reason) => reason.code !== "clock-unsynchronised" && reason.code !== "storage-message",
  );
  return degrading ? "degraded" : "ok";
}

/** The HTTP status of a health. */
export const healthHttpStatus = (health: Health): 200 | 503 => (health.status === "failing" ? 503 : 200);
