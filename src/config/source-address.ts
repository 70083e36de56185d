import { type DemoScene, demoScenes, type SourceConfig, type Transport } from "./config.ts";
import { redactSource, SecretText } from "./secret-text.ts";

/** What ffmpeg opens besides cameras; the live streams among them. */
const otherSchemes = ["http", "https", "rtmp", "rtmps", "rtp", "srt", "tcp", "udp"];

/** What a source may be, in one sentence, for messages and the reference. */
export const sourceWanted =
  "an address that begins with rtsp:// or rtsps:// (or another that ffmpeg opens: " +
  `${otherSchemes.map((scheme) => `${scheme}://`).join(", ")}), demo:, or exec: [program, argument, …]`;

const isScene = (name: string): name is DemoScene => demoScenes.some((scene) => scene === name);

/** A source, or what is wanted in its place. */
export type ParsedSource = { source: SourceConfig } | { wanted: string };

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Kinds of sources that are planned, and so deserve a better answer than "unknown". */
function laterSource(text: string): string | undefined {
  const camera = "a camera's address such as rtsp://user:password@host/path";
  if (text === "upload") return `${camera}; uploads are not yet in this version`;
  if (/^file:/i.test(text)) return `${camera}; watched folders are not yet in this version`;
  if (/^https?:\/\/[^?#]*\.(m3u8|mpd)($|[?#])/i.test(text)) {
    return `${camera}; HLS and DASH sources are not yet in this version`;
  }
  return undefined;
}

/** Reads a source that is written as one text. Messages never hold any part of it. */
export function parseSource(text: string, transport: Transport = "tcp"): ParsedSource {
  const later = laterSource(text);
  if (later !== undefined) return { wanted: later };
  if (text.startsWith("demo:")) {
    const name = text.slice("demo:".length) || "courtyard";
    if (isScene(name)) return { source: { kind: "demo", scene: name } };
    return { wanted: `demo: or one of ${demoScenes.map((scene) => `demo:${scene}`).join(", ")}` };
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  const isCamera = scheme === "rtsp" || scheme === "rtsps";
  if (scheme === undefined || !(isCamera || otherSchemes.includes(scheme))) return { wanted: sourceWanted };
  if (/[\s\p{Cc}]/u.test(text)) return { wanted: "an address without blanks; a blank is written %20" };
  const url = parseUrl(text);
  const hasHost = url !== undefined && (url.hostname !== "" || scheme === "udp" || scheme === "srt");
  const isTorn = text.includes("@") && url?.username === "" && url.password === "";
  if (!hasHost || isTorn || text.includes("#")) {
    const hint = "a password's special characters are written as %40 for @, %2F for /, %23 for #, %3F for ?";
    return { wanted: `${scheme}://user:password@host:port/path; ${hint}` };
  }
  const secret = new SecretText(text, redactSource(text));
  return { source: isCamera ? { kind: "rtsp", url: secret, transport } : { kind: "url", url: secret } };
}

/** A source for people: without user name, password, query and arguments. */
export function sourceText(source: SourceConfig): string {
  switch (source.kind) {
    case "rtsp":
      return source.transport === "udp" ? `${source.url.shown} (udp)` : source.url.shown;
    case "url":
      return source.url.shown;
    case "exec":
      return `exec: ${source.argv[0] ?? ""}`;
    case "demo":
      return `demo:${source.scene}`;
  }
}
