import type { Clips } from "./clip.ts";
import { clipAddress } from "./routes.ts";

/** The number of the film that a job made, from the job's result as it was stored. */
export function filmNumber(result: unknown): number | undefined {
  const id: unknown = typeof result === "object" && result !== null ? Reflect.get(result, "clip") : undefined;
  return typeof id === "number" ? id : undefined;
}

/** Address of the film that a job made. */
export function filmLink(result: unknown): string | undefined {
  const id = filmNumber(result);
  return id === undefined ? undefined : clipAddress(id, "mp4");
}

/** Whether the film that a job made is no longer there: somebody, a limit or a newer film of the same day deleted it. */
export function isFilmDeleted(clips: Pick<Clips, "get">, result: unknown): boolean {
  const id = filmNumber(result);
  return id !== undefined && clips.get(id) === undefined;
}
