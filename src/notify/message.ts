import type { NotifyConfig } from "../config/notify.ts";
import { isoOf } from "../platform/zone.ts";
import { countWords, sinceWords } from "../status/words.ts";
import type { Notice } from "./notice.ts";

/** What is needed to word a message. */
export type Wording = {
  /** The server's time zone. */
  zone: string;
  publicUrl: string | undefined;
};

export type Message = { headers: Headers; body: string };

/** ntfy makes a file of what is longer than 4096 bytes. */
const NTFY_MAX_BYTES = 3500;

const titles: Record<Notice["event"], string> = {
  offline: "not recorded",
  online: "recorded again",
  storage: "recording is in danger",
  "storage-back": "recording is safe again",
};

const who = (notice: Notice): string => notice.name ?? "Nightjar";
const titleOf = (notice: Notice): string => `${who(notice)}: ${titles[notice.event]}`;

const pageOf = (notice: Notice, { publicUrl }: Wording): string | null =>
  publicUrl === undefined ? null : `${publicUrl}/${notice.channel ?? ""}`;

function noticeJson(notice: Notice, wording: Wording) {
  const { event, channel = null, name = null, state, reason, detail, sinceMs, atMs, text } = notice;
  const since = isoOf(sinceMs, wording.zone);
  const at = isoOf(atMs, wording.zone);
  return { event, channel, name, state, reason, detail, since, at, text, url: pageOf(notice, wording) };
}

function summaryTitle(notices: readonly Notice[]): string {
  return `Nightjar: ${countWords(notices.length, "message")} of the quiet time`;
}

function jsonMessage(notices: readonly Notice[], wording: Wording, nowMs: number): Message {
  const [only] = notices;
  const value =
    notices.length === 1 && only
      ? noticeJson(only, wording)
      : {
          event: "summary",
          at: isoOf(nowMs, wording.zone),
          text: summaryTitle(notices),
          url: wording.publicUrl === undefined ? null : `${wording.publicUrl}/`,
          events: notices.map((notice) => noticeJson(notice, wording)),
        };
  return {
    headers: new Headers({ "content-type": "application/json; charset=utf-8" }),
    body: JSON.stringify(value),
  };
}

/** Text in a header: what is not ASCII as RFC 2047 wants it, which ntfy decodes. */
function headerText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return /^[\x20-\x7e]*$/.test(line) ? line : `=?UTF-8?B?${Buffer.from(line).toString("base64")}?=`;
}

/** A text that fits into so many bytes, cut between characters. */
function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let kept = "";
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return `${kept}…`;
}

const tags: Record<Notice["event"], string> = {
  offline: "warning",
  online: "white_check_mark",
  storage: "rotating_light",
  "storage-back": "white_check_mark",
};

const isBad = ({ event }: Notice): boolean => event === "offline" || event === "storage";

/** A message as https://docs.ntfy.sh/publish/ describes it. */
function ntfyMessage(notices: readonly Notice[], wording: Wording, nowMs: number): Message {
  const [first] = notices;
  const isOne = notices.length === 1;
  const lines = notices.map((notice) =>
    isOne
      ? notice.text
      : `${sinceWords(notice.atMs, nowMs, wording.zone)} ${titleOf(notice)}. ${notice.text}`,
  );
  const headers = new Headers({
    "content-type": "text/plain; charset=utf-8",
    title: headerText(isOne && first ? titleOf(first) : summaryTitle(notices)),
    priority: notices.some(isBad) ? "high" : "default",
    tags: isOne && first ? tags[first.event] : "zzz",
  });
  const page = isOne && first ? pageOf(first, wording) : wording.publicUrl;
  if (page) headers.set("click", page);
  return { headers, body: cut(lines.join("\n"), NTFY_MAX_BYTES) };
}

/** A part of an address as it was meant, also where a percent sign is only that. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The request that tells a receiver one thing, or several at once. */
export function messageOf(
  receiver: NotifyConfig,
  notices: readonly Notice[],
  wording: Wording,
  nowMs: number,
): Message {
  const make = receiver.format === "ntfy" ? ntfyMessage : jsonMessage;
  const message = make(notices, wording, nowMs);
  message.headers.set("user-agent", "Nightjar");
  const url = new URL(receiver.url.reveal());
  if (url.username !== "" || url.password !== "") {
    const login = `${decoded(url.username)}:${decoded(url.password)}`;
    message.headers.set("authorization", `Basic ${Buffer.from(login).toString("base64")}`);
  }
  if (receiver.token) message.headers.set("authorization", `Bearer ${receiver.token.reveal()}`);
  for (const [name, value] of receiver.headers) message.headers.set(name, value.reveal());
  return message;
}
