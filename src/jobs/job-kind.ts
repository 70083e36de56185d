import type { z } from "zod";

export const jobKinds = ["timelapse", "moment", "clip", "ageing"] as const;
export type JobKindName = (typeof jobKinds)[number];

export const jobStates = ["queued", "running", "done", "failed", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

/** What a running job is told and may tell. */
export type JobRun = {
  /** The job's number. */
  id: number;
  /** 1 for the first attempt. */
  attempt: number;
  /** Aborted when it is cancelled or the program stops; work ends then as soon as it can, by any error. */
  signal: AbortSignal;
  /** What an earlier attempt saved last; `undefined` when none did. */
  checkpoint: unknown;
  /** Saves, durably, what an interrupted attempt needs to go on. */
  save(checkpoint: unknown): void;
  /** How far it is, from 0 to 1, and what is being done in words. Cheap: may be called for each picture. */
  progress(share: number, note?: string): void;
  /**
   * Resolves when work may go on: at once for light kinds; heavy ones wait here for `jobs.window` and while recording
   * falls behind, and call it between pieces of a few seconds. Rejects when `signal` is aborted.
   */
  mayGoOn(): Promise<void>;
};

/** A kind of work: how its payload looks, how many run at once, and what is done. */
export type JobKind<Payload, Result = unknown> = {
  name: JobKindName;
  /** Checks a payload, from a request or from the database of an earlier version. */
  payload: z.ZodType<Payload>;
  /**
   * Heavy work (minutes of all cores) runs one at a time over all kinds, within `jobs.window`. Light work is short or asked
   * for by a person who waits, and begins at once.
   */
  isHeavy: boolean;
  /** How many of this kind run at once, at least 1. */
  atOnce: number;
  /** What it is, for people: `Timelapse of Fri 20 Nov 2026`. */
  title(payload: Payload): string;
  /** Address of the page or file that shows what came of it, such as `/garage/timelapses`; from the result as it was stored. */
  link?(payload: Payload, result: unknown): string | undefined;
  /** Whether what came of it, by the result as it was stored, has been deleted since: it has no address then. */
  isDeleted?(result: unknown): boolean;
  /**
   * Does the work; its result is stored as JSON. A `NightjarError` of kind `unavailable` says that it may be better later:
   * it is tried again by itself, some times, later and later. Any other error fails it, with its message as the reason.
   * Interrupted at any point, it is run again with the last checkpoint: what it left half done is cleared up or used.
   */
  run(payload: Payload, job: JobRun): Promise<Result>;
};

/** A job as the rest of the program sees it. Times in ms UTC. */
export type Job = {
  id: number;
  kind: JobKindName;
  channel?: string;
  title: string;
  payload: unknown;
  /** Address of what came of it, once it is done and where its kind has one. */
  link?: string;
  /** Whether what came of it has been deleted since. */
  isDeleted?: boolean;
  state: JobState;
  /** From 0 to 1. */
  progress: number;
  /** What is being done, or what is waited for, in words. */
  note: string;
  /** Milliseconds until it is done at the present pace; absent while that can't be told. */
  leftMs?: number;
  result?: unknown;
  attempt: number;
  /** Of one that waits or runs and was begun before: whether it starts `anew`, or goes `on` with what it saved. */
  again?: "anew" | "on";
  error?: string;
  who: string;
  createdMs: number;
  notBeforeMs: number;
  startedMs?: number;
  endedMs?: number;
};

/** What is asked of the queue. */
export type NewJob = {
  kind: JobKindName;
  payload: unknown;
  channel?: string | undefined;
  /** Names the work itself: while one with the same key waits or runs, that one is the answer. */
  workKey?: string | undefined;
  /** Who asks; empty for a schedule. */
  who: string;
  /** Not begun before, ms UTC; by default at once. */
  notBeforeMs?: number | undefined;
};

/** Which jobs are meant; all where nothing is said. */
export type JobFilter = { channel?: string; kind?: JobKindName; states?: readonly JobState[] };

/** The queue as other rooms use it. */
export interface Jobs {
  /** Registers a kind of work; once each, before the start. */
  register<Payload>(kind: JobKind<Payload>): void;
  /** Adds a job, or answers the one that has the same key and waits or runs. Throws `bad-request` for a wrong payload. */
  add(job: NewJob): Job;
  get(id: number): Job | undefined;
  /** The newest first, or the oldest; only those with a smaller number than `before`; 100 of them by default. */
  list(filter?: JobFilter & { before?: number; isOldestFirst?: boolean; limit?: number }): Job[];
  /** How many there are in all. */
  count(filter?: JobFilter): number;
  /** Resolves with the job as it is once it has ended, or when `signal` is aborted. */
  ended(id: number, signal?: AbortSignal): Promise<Job>;
  /** Throws `not-found`, and `conflict` when it has ended. */
  cancel(id: number): Promise<Job>;
  /** Begins a failed or cancelled job anew, with what it saved. Throws `not-found`, and `conflict` otherwise. */
  retry(id: number): Job;
}
