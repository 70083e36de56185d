import type { JobRow } from "../db/state/job-table.ts";
import { jobKinds, jobStates, type Job, type JobKind, type JobKindName, type JobState } from "./job-kind.ts";
import type { RunningJob } from "./running-job.ts";

/** A kind whose payload's shape only it knows. */
export type AnyKind = JobKind<unknown>;

export type Kinds = ReadonlyMap<JobKindName, AnyKind>;

/** JSON that was stored; `undefined` for nothing and for what can't be read. */
export function storedJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const kindOf = (row: JobRow, kinds: Kinds): AnyKind | undefined => {
  const name = jobKinds.find((kind) => kind === row.kind);
  return name && kinds.get(name);
};

export const isState = (text: string): text is JobState => jobStates.some((state) => state === text);

export const hasEnded = ({ state }: { state: string }): boolean => state !== "queued" && state !== "running";

const given = <Key extends string, Value>(key: Key, value: Value | null | undefined) =>
  (value === null || value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };

/**
 * What a job is called, and where its result is or that it was deleted. A row of another version that its kind can't
 * read has a plain name.
 */
function naming(row: JobRow, kinds: Kinds): Pick<Job, "title" | "link" | "isDeleted"> {
  const kind = kindOf(row, kinds);
  const payload = kind?.payload.safeParse(storedJson(row.payload));
  const plain = `${row.kind.slice(0, 1).toUpperCase()}${row.kind.slice(1)}`;
  if (!kind || !payload?.success) return { title: plain };
  try {
    const title = kind.title(payload.data);
    if (row.state !== "done") return { title };
    const result = storedJson(row.result);
    if (kind.isDeleted?.(result)) return { title, isDeleted: true };
    return { title, ...given("link", kind.link?.(payload.data, result)) };
  } catch {
    return { title: plain };
  }
}

/** How one that waits or runs, and was begun before, takes that up. */
function againOf(row: JobRow, running: RunningJob | undefined): Job["again"] {
  const isAgain = running ? running.isAgain : row.state === "queued" && row.startedMs !== null;
  if (!isAgain) return undefined;
  return (running ? running.checkpoint : storedJson(row.checkpoint)) === undefined ? "anew" : "on";
}

/**
 * A job as others see it.
 * @param running what it tells while it runs
 * @param wait what it waits for, in words, while it is queued
 */
export function shownJob(
  row: JobRow,
  { kinds, running, wait }: { kinds: Kinds; running: RunningJob | undefined; wait: string | undefined },
): Job {
  return {
    id: row.id,
    kind: row.kind as JobKindName,
    ...given("channel", row.channel),
    ...naming(row, kinds),
    payload: storedJson(row.payload),
    state: isState(row.state) ? row.state : "failed",
    progress: running?.share ?? row.progress,
    note: running?.note ?? wait ?? row.note,
    ...given("leftMs", running?.leftMs),
    ...given("result", storedJson(row.result)),
    attempt: row.attempt,
    ...given("again", againOf(row, running)),
    ...given("error", row.error),
    who: row.who,
    createdMs: row.createdMs,
    notBeforeMs: row.notBeforeMs,
    ...given("startedMs", row.startedMs),
    ...given("endedMs", row.endedMs),
  };
}
