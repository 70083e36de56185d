import type { SecretText } from "./secret-text.ts";

/** What receivers may be told of. */
export const notifyEvents = ["offline", "online", "storage", "storage-back"] as const;
export type NotifyEvent = (typeof notifyEvents)[number];

export const notifyFormats = ["json", "ntfy"] as const;
export type NotifyFormat = (typeof notifyFormats)[number];

/** Minutes since midnight; a span whose end is not after its beginning goes over midnight. */
export type QuietTime = { readonly fromMinute: number; readonly toMinute: number };

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
  readonly quiet?: QuietTime;
};

/** `22:00-06:00`; `undefined` for anything else, and for a span without a length. */
export function parseQuietTime(text: string): QuietTime | undefined {
  const match = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (!match) return undefined;
  const [fromHour = 0, fromRest = 0, toHour = 0, toRest = 0] = match.slice(1).map(Number);
  const isTime = fromHour < 24 && toHour < 24 && fromRest < 60 && toRest < 60;
  const quiet = { fromMinute: fromHour * 60 + fromRest, toMinute: toHour * 60 + toRest };
  return isTime && quiet.fromMinute !== quiet.toMinute ? quiet : undefined;
}

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
