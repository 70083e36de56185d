import type { DailySpan } from "../platform/daily-span.ts";
import type { SecretText } from "./secret-text.ts";

/** What receivers may be told of. */
export const notifyEvents = ["offline", "online", "storage", "storage-back"] as const;
export type NotifyEvent = (typeof notifyEvents)[number];

export const notifyFormats = ["json", "ntfy"] as const;
export type NotifyFormat = (typeof notifyFormats)[number];

/** Somebody who is told when recording stops. */
export type NotifyConfig = {
  readonly url: SecretText;
  readonly format: NotifyFormat;
  /** For `Authorization: Bearer …`. */
  readonly token?: SecretText;
  readonly headers: readonly (readonly [name: string, value: SecretText])[];
  readonly events: readonly NotifyEvent[];
  /** Ids; without them all channels. */
  readonly channels?: readonly string[];
  /** How long trouble has to last before it is told. */
  readonly afterMs: number;
  readonly quiet?: DailySpan;
};

/** An `http` or `https` address without a fragment. */
export function isReceiverUrl(text: string): boolean {
  try {
    const url = new URL(text);
    return /^https?:\/\/[^/]/i.test(text) && /^https?:$/.test(url.protocol) && url.hash === "";
  } catch {
    return false;
  }
}

/** What people may see of a receiver's address: its path is as good as a password (ntfy's topics). */
export function shownReceiver(text: string): string {
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}/…`;
}
