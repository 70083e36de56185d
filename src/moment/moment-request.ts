import { z } from "zod";
import type { Window } from "../export/choose-footage.ts";
import { badParameter } from "../platform/errors.ts";

export const LEAST_SECONDS = 4;
export const MOST_SECONDS = 20;
export const USUAL_SECONDS = 5;
export const MOST_DELAY_SECONDS = 10;

/** A moment that somebody asked for. */
export const momentRequest = z.strictObject({
  channel: z.string().min(1).max(64),
  /** When it was asked for, ms UTC. */
  askedMs: z.int(),
  lengthSeconds: z.int().min(LEAST_SECONDS).max(MOST_SECONDS),
  /** So long after the asking its last picture is taken. */
  delaySeconds: z.int().min(0).max(MOST_DELAY_SECONDS),
});

export type MomentRequest = z.output<typeof momentRequest>;

/** What a moment shows: it ends so long after the asking as the delay says. */
export function windowOf({ askedMs, lengthSeconds, delaySeconds }: MomentRequest): Window {
  const endMs = askedMs + delaySeconds * 1000;
  return { startMs: endMs - lengthSeconds * 1000, endMs };
}

function wholeSeconds(name: string, given: string, least: number, most: number): number {
  const value = /^\d{1,4}$/.test(given) ? Number(given) : -1;
  if (value >= least && value <= most) return value;
  throw badParameter(name, given.slice(0, 40), `a whole number of seconds from ${least} to ${most}`);
}

/** Length and delay as an address or a form says them. Throws `bad-request` for what is out of range. */
export function lengthAndDelay(
  length: string | undefined,
  delay: string | undefined,
): Pick<MomentRequest, "lengthSeconds" | "delaySeconds"> {
  return {
    lengthSeconds:
      length === undefined ? USUAL_SECONDS : wholeSeconds("length", length, LEAST_SECONDS, MOST_SECONDS),
    delaySeconds: delay === undefined ? 0 : wholeSeconds("delay", delay, 0, MOST_DELAY_SECONDS),
  };
}
