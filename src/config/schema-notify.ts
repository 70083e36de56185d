import { z } from "zod";
import { parseDailySpan } from "../platform/daily-span.ts";
import { isReceiverUrl, notifyEvents, notifyFormats, shownReceiver, type NotifyConfig } from "./notify.ts";
import { choice, duration, key, parsed } from "./schema-parts.ts";
import { SecretText } from "./secret-text.ts";

const after = duration(0, 86_400_000);

const secret = (text: string): SecretText => new SecretText(text, "…");
/** What an HTTP header may hold (RFC 9110 5.5), without the bytes above ASCII. */
const headerValue = z.string().refine((text) => /^[\x20-\x7e]{1,4000}$/.test(text), {
  message: "a text of printable ASCII characters",
});
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

const receiver = z.strictObject({
  url: key(
    parsed((text) => (isReceiverUrl(text) ? new SecretText(text, shownReceiver(text)) : undefined)),
    "an address that begins with http:// or https://",
    "Where messages are posted to: your own program, or a topic of ntfy such as `https://ntfy.sh/your-secret-topic`. It is never shown or logged beyond its host.",
  ),
  format: key(
    z.enum(notifyFormats).default("json"),
    choice(notifyFormats),
    "`json` by default; `ntfy` sends what the apps of ntfy show.",
  ),
  token: key(
    headerValue.optional(),
    "a text of printable ASCII characters",
    "Sent as `Authorization: Bearer`, as ntfy wants it for topics that are not open; none by default.",
  ),
  headers: key(
    z
      .record(z.string(), headerValue)
      .superRefine((headers, context) => {
        if (Object.keys(headers).every((name) => headerName.test(name))) return;
        context.addIssue({ code: "custom", message: "names of HTTP headers, each with its value" });
      })
      .default({}),
    "a group of names, each with its value",
    "Further HTTP headers; none by default.",
  ),
  events: key(
    z
      .array(z.enum(notifyEvents))
      .min(1)
      .default([...notifyEvents]),
    `a list of ${notifyEvents.join(", ")}`,
    "What is told, everything by default: `offline` and `online` of each channel, `storage` and `storage-back` of what stops all recording.",
  ),
  channels: key(
    z.array(z.string()).min(1).optional(),
    "a list of ids below channels",
    "Whose `offline` and `online` are told, by default those of all channels.",
  ),
  after: key(
    after.type.default(30_000),
    after.wanted,
    "How long trouble has to last before it is told, `30s` by default, so that a camera which connects again is no alarm.",
  ),
  quiet: key(
    parsed(parseDailySpan).optional(),
    "two times such as 22:00-06:00",
    "Times, in the server's zone, in which nothing is sent; what happens then is told together at their end. None by default.",
  ),
});

/** Who is told when recording stops. */
export const notifyKey = key(
  z.array(receiver).max(20).default([]),
  "a list of groups of keys with url among them",
  "Whom to tell when recording stops and when it goes on, a list with the keys below in each entry; nobody by default.",
);

/** The list as the rest of the program reads it. */
export function notifyConfig(list: z.output<typeof notifyKey>): NotifyConfig[] {
  return list.map(({ url, format, token, headers, events, channels, after: afterMs, quiet }) => ({
    url,
    format,
    ...(token === undefined ? {} : { token: secret(token) }),
    headers: Object.entries(headers).map(([name, value]) => [name, secret(value)] as const),
    events,
    ...(channels === undefined ? {} : { channels }),
    afterMs,
    ...(quiet === undefined ? {} : { quiet }),
  }));
}
