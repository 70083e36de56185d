/** First parts of addresses that are ours or that users of earlier tools know; a channel can't have their names. */
export const baseReservedIds: readonly string[] = [
  "allEncoded",
  "allUploaded",
  "api",
  "assets",
  "dates",
  "docs",
  "download",
  "health",
  "jobs",
  "library",
  "live",
  "login",
  "logout",
  "metadata",
  "metrics",
  "moments",
  "openapi",
  "packaged_content",
  "packaged_content_id",
  "play",
  "playlist",
  "playlists",
  "settings",
  "setup",
  "streamer",
  "success",
  "timelapses",
  "upload",
  "upload_input_content",
];

const pattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const date = /^\d{4}-\d{2}-\d{2}$/;

/** Ids are compared without case: addresses are typed by hand, and some disks don't know case. */
export const idKey = (id: string): string => id.toLowerCase();

/** Joins the base list with the first path parts of the route table, ready for `channelIdProblem`. */
export const reservedIdSet = (routeWords: Iterable<string>): ReadonlySet<string> =>
  new Set([...baseReservedIds, ...routeWords].map(idKey));

/** What an id must be instead, when it can't be a channel's; `undefined` when it can. */
export function channelIdProblem(id: string, reserved: ReadonlySet<string>): string | undefined {
  if (!pattern.test(id)) {
    return "an id of 1 to 64 letters, digits, - and _ that begins with a letter or digit";
  }
  if (date.test(id)) return "an id that is not a date; addresses of days look like that";
  if (reserved.has(idKey(id))) return "another id; addresses of Nightjar begin with this word";
  return undefined;
}
