import type { RunEnd } from "../media/reasons.ts";

/** Why a camera could not be tested, told apart as far as a person would do something else about it. */
export type FailureKind =
  | "password"
  | "no-answer"
  | "connection-refused"
  | "unknown-host"
  | "unreachable"
  | "not-a-camera"
  | "no-such-stream"
  | "busy"
  | "request-refused"
  | "unsupported"
  | "no-ffmpeg"
  | "no-picture"
  | "broken-off"
  | "no-folder";

/** What happened, and what to do about it, each in a sentence or two. */
export type Failure = { kind: FailureKind; words: string; advice: string };

type Rule = {
  kind: FailureKind;
  reason: RunEnd["reason"] | "any";
  pattern: RegExp;
  words: (text: { where: string; detail: string }) => string;
  advice: string;
};

const CHECK_HOST =
  "Check the address: the camera's app or your router's list of devices shows it. The camera and this machine must be in the same network.";

/** By the reason and the words that capture gives, the first that fits. */
const rules: readonly Rule[] = [
  {
    kind: "no-ffmpeg",
    reason: "any",
    pattern: /"ffmpeg" was not found/,
    words: () => "This machine has no ffmpeg; cameras are captured with it.",
    advice: "Install it, for example with: apt install ffmpeg. Then test again.",
  },
  {
    kind: "password",
    reason: "source-auth",
    pattern: /^/,
    words: ({ where }) => `The camera at ${where} refused the user name or password.`,
    advice:
      "It may want a user of its own for RTSP, made in the camera's settings; the app's sign-in often is another one. After several wrong tries cameras lock for some minutes.",
  },
  {
    kind: "unknown-host",
    reason: "source-offline",
    pattern: /^the name .* is not known/,
    words: ({ where }) => `There is no machine called ${where} here.`,
    advice: "Check the spelling, or use the camera's IP address, such as 192.168.0.186.",
  },
  {
    kind: "connection-refused",
    reason: "source-offline",
    pattern: /connection was refused/,
    words: ({ where }) => `There is a machine at ${where}, but it refused the connection.`,
    advice:
      "Switch RTSP (or ONVIF) on in the camera's settings, and check the port: 554 unless the camera says otherwise.",
  },
  {
    kind: "no-answer",
    reason: "source-offline",
    pattern: /did not answer in time/,
    words: ({ where }) => `Nothing answered at ${where}.`,
    advice: CHECK_HOST,
  },
  {
    kind: "unreachable",
    reason: "source-offline",
    pattern: /not reachable/,
    words: ({ where }) => `There is no way from this machine to ${where}.`,
    advice: CHECK_HOST,
  },
  {
    kind: "broken-off",
    reason: "source-offline",
    pattern: /^/,
    words: ({ where, detail }) => `${where} answered, but then ${detail.replace(/^it /, "")}.`,
    advice: "Test again. If it stays so, restart the camera; some allow only one or two viewers at a time.",
  },
  {
    kind: "no-such-stream",
    reason: "source-refused",
    pattern: /answered (404|454|400)/,
    words: ({ where, detail }) => `The camera at ${where} has no stream under this path (it ${detail}).`,
    advice:
      "The path, the part behind the host, depends on the maker: see the list below, or the camera's manual.",
  },
  {
    kind: "busy",
    reason: "source-refused",
    pattern: /answered (453|503)/,
    words: ({ where, detail }) => `The camera at ${where} takes no more viewers now (it ${detail}).`,
    advice: "Close its app and other programs that watch it, then test again.",
  },
  {
    kind: "request-refused",
    reason: "source-refused",
    pattern: /^/,
    words: ({ where, detail }) => `The camera at ${where} refused: it ${detail}.`,
    advice: "Check the path and the transport (TCP or UDP).",
  },
  {
    kind: "unsupported",
    reason: "source-unsupported",
    pattern: /^/,
    words: ({ where, detail }) => `What ${where} sends can't be recorded: ${detail}.`,
    advice: "Set the camera's video encoding to H.264 (or H.265).",
  },
  {
    kind: "not-a-camera",
    reason: "source-broken",
    pattern: /^/,
    words: ({ where }) => `Something answered at ${where}, but it is not a camera's stream.`,
    advice:
      "Check the port: cameras send on 554, their web page is another one (80, 443, 8000). See the list of paths below.",
  },
  {
    kind: "no-picture",
    reason: "source-stalled",
    pattern: /no key picture/,
    words: ({ where }) => `The camera at ${where} answered and sends, but no key frame came within 15 s.`,
    advice: "Set its key frame (I-frame) interval to 1 or 2 s, and switch “smart codec” off.",
  },
  {
    kind: "no-answer",
    reason: "source-stalled",
    pattern: /^/,
    words: ({ where }) => `${where} took the connection, but sent nothing that can be used.`,
    advice: "It may not be a camera, or the camera hangs: check host and port, restart it, and test again.",
  },
];

/**
 * The words for an end that came before a camera's stream was seen.
 * @param where the camera's host, for people, without user name and password
 */
export function failureOf(end: RunEnd, where: string): Failure {
  const rule = rules.find(
    ({ reason, pattern }) => (reason === "any" || reason === end.reason) && pattern.test(end.detail),
  );
  if (rule === undefined) {
    return {
      kind: "broken-off",
      words: `The test of ${where} ended early: ${end.detail}.`,
      advice: "Test again.",
    };
  }
  return { kind: rule.kind, words: rule.words({ where, detail: end.detail }), advice: rule.advice };
}
