import type { SourceConfig } from "./config.ts";

export type SourceKind = SourceConfig["kind"];

const takesFfmpeg: ReadonlySet<SourceKind> = new Set(["rtsp", "url", "exec", "demo"]);
const takesFiles: ReadonlySet<SourceKind> = new Set(["upload", "folder"]);

/** Whether a source is captured by ffmpeg; HLS sources only where they send sound apart from pictures. */
export const isByFfmpeg = (kind: SourceKind): boolean => takesFfmpeg.has(kind);

/** Whether a channel's footage arrives as files: nobody connects to anything. */
export const isByFiles = (kind: SourceKind): boolean => takesFiles.has(kind);
