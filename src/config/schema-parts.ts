import { z } from "zod";
import { isZone } from "../platform/zone.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { formatSize, parseShare, parseSize, type Share } from "./size.ts";

/** The message of an issue whose words are the key's own `wanted`. */
export const AS_DESCRIBED = "as described";

/** A key: its type, what a message asks for in its place, and one sentence for the reference. */
export const key = <T extends z.ZodType>(type: T, wanted: string, description: string): T =>
  type.describe(description).meta({ wanted });

/** A text that `parse` understands. */
export const parsed = <T>(parse: (text: string) => T | undefined) =>
  z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.issues.push({ code: "custom", input: text, message: AS_DESCRIBED });
    return z.NEVER;
  });

/** The value if it lies between two others, these included. */
export const within = (value: number | undefined, least: number, most: number): number | undefined =>
  value !== undefined && value >= least && value <= most ? value : undefined;

/** A duration such as `90s`, as milliseconds. */
export const duration = (leastMs: number, mostMs: number) => ({
  type: parsed((text) => within(parseDuration(text), leastMs, mostMs)),
  wanted: `a duration from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`,
});

/** A size such as `20GB`, as bytes. */
export const size = (leastBytes: number, mostBytes: number) => ({
  type: parsed((text) => within(parseSize(text), leastBytes, mostBytes)),
  wanted: `a size from ${formatSize(leastBytes)} to ${formatSize(mostBytes)}`,
});

/** A share of a disk or a size. */
export const share = (mostPercent: number) => ({
  type: parsed((text): Share | undefined => {
    const value = parseShare(text);
    return value !== undefined && "percent" in value && value.percent > mostPercent ? undefined : value;
  }),
  wanted: `a share up to ${mostPercent}% such as 5%, or a size such as 20GB`,
});

/** The name of a time zone. */
export const zone = () => parsed((text) => (isZone(text) ? text : undefined));
export const zoneWanted = "a time zone such as Europe/Berlin or UTC";
export const trueOrFalse = "true or false";
/** `a or b`, for what a message asks for. */
export const choice = (values: readonly string[]): string => values.join(" or ");
