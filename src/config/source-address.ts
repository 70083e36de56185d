import { fileURLToPath } from "node:url";
import { type DemoScene, demoScenes, type HlsVariant, type SourceConfig, type Transport } from "./config.ts";
import { redactSource, SecretText } from "./secret-text.ts";

/** What ffmpeg opens besides cameras; the live streams among them. */
const otherSchemes = ["http", "https", "rtmp", "rtmps", "rtp", "srt", "tcp", "udp"];

/** What a source may be, in one sentence, for messages and the reference. */
export const sourceWanted =
  "an address that begins with rtsp:// or rtsps:// (or another that ffmpeg opens: " +
  `${otherSchemes.map((scheme) => `${scheme}://`).join(", ")}), an http(s):// address of an .m3u8 playlist, upload, ` +
  "file:///a/folder, demo:, or exec: [program, argument, …]";

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

/** What other keys of a channel say of its source. */
export type SourceOptions = {
  transport?: Transport | undefined;
  variant?: HlsVariant | undefined;
  headers?: ReadonlyMap<string, SecretText> | undefined;
  allowPrivate?: boolean | undefined;
  manage?: boolean | undefined;
};

/** Whether a source is an HLS playlist, by its address. */
export const isHlsAddress = (text: string): boolean => /^https?:\/\/[^?#]*\.m3u8?($|[?#])/i.test(text);

function folderSource(text: string, manage: boolean): ParsedSource {
  const wanted = "file:///a/folder, with three slashes and an absolute path";
  if (!/^file:\/\/\/[^?#]/i.test(text)) return { wanted };
  try {
    const path = fileURLToPath(text).replace(/(?<=.)\/+$/, "");
    return path === "/" ? { wanted } : { source: { kind: "folder", path, manage } };
  } catch {
    return { wanted };
  }
}

/** Reads a source that is written as one text. Messages never hold any part of it. */
export function parseSource(text: string, options: SourceOptions = {}): ParsedSource {
  const { transport = "tcp" } = options;
  if (text === "upload") return { source: { kind: "upload" } };
  if (/^file:/i.test(text)) return folderSource(text, options.manage ?? false);
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
  if (isCamera) return { source: { kind: "rtsp", url: secret, transport } };
  if (!isHlsAddress(text)) return { source: { kind: "url", url: secret } };
  const { variant = "highest", headers = new Map<string, SecretText>(), allowPrivate = false } = options;
  return { source: { kind: "hls", url: secret, variant, headers, allowPrivate } };
}

/** A source for people: without user name, password, query and arguments. */
export function sourceText(source: SourceConfig): string {
  switch (source.kind) {
    case "rtsp":
      return source.transport === "udp" ? `${source.url.shown} (udp)` : source.url.shown;
    case "url":
    case "hls":
      return source.url.shown;
    case "upload":
      return "upload";
    case "folder":
      return `file://${source.path}`;
    case "exec":
      return `exec: ${source.argv[0] ?? ""}`;
    case "demo":
      return `demo:${source.scene}`;
  }
}
