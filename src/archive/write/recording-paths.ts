import { dirname, extname, join, normalize, relative, sep } from "node:path";
import { NightjarError } from "../../platform/errors.ts";

/** The path of a recording's media file without its extension. */
const stem = (mediaPath: string): string => mediaPath.slice(0, mediaPath.length - extname(mediaPath).length);

/** The journal beside a media file. */
export const journalPathOf = (mediaPath: string): string => `${stem(mediaPath)}.m3u8`;

/** Where the lock file of a recording is written. */
export const lockPathOf = (mediaPath: string): string => `${stem(mediaPath)}.lock`;

/** All names under which a lock file counts: people make them by hand as well. */
export const lockPathsOf = (mediaPath: string, recording: string): readonly string[] => [
  lockPathOf(mediaPath),
  `${mediaPath}.lock`,
  join(dirname(mediaPath), `${recording}.lock`),
];

/** The absolute path of a file below a root. Throws `internal` when it would lie outside of it. */
export function pathBelow(rootPath: string, path: string): string {
  const absolute = normalize(join(rootPath, path));
  const back = relative(rootPath, absolute);
  if (back === "" || back === ".." || back.startsWith(`..${sep}`))
    throw new NightjarError("internal", `${path} does not lie in ${rootPath}`);
  return absolute;
}
