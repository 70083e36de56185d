import type { ComponentChildren } from "preact";
import type { Job } from "../../src/jobs/job-kind.ts";
import { durationWords, sinceWords } from "../../src/status/words.ts";

type RowProps = {
  job: Job;
  zone: string;
  nowMs: number;
  mayChange: boolean;
  /** What people call a channel; its id by default. */
  channelName?: ((id: string) => string) | undefined;
};

export function RunningJob({ job, mayChange, channelName }: RowProps) {
  const percent = Math.floor(job.progress * 100);
  const left = job.leftMs === undefined ? "" : `, ${durationWords(job.leftMs)} left`;
  return (
    <JobItem job={job} channelName={channelName}>
      <p class="job-progress">
        <progress value={percent} max={100} aria-label={`Progress of ${job.title}`} />
        <span>
          {percent} %{left}
        </span>
      </p>
      {job.note !== "" && <p class="quiet">{job.note}</p>}
      <Again job={job} />
      {mayChange && <ChangeButton job={job} verb="cancel" label="Cancel" />}
    </JobItem>
  );
}

/** What of an attempt before is used. */
function Again({ job: { again } }: { job: Job }) {
  if (again === undefined) return null;
  return (
    <p class="quiet">
      {again === "on"
        ? "It was begun before, and goes on behind what is done."
        : "It was begun before, and starts anew."}
    </p>
  );
}

export function WaitingJob({ job, mayChange, channelName }: RowProps) {
  return (
    <JobItem job={job} channelName={channelName}>
      <p>{job.note === "" ? "Begins in a moment" : job.note}</p>
      {job.error !== undefined && <p class="quiet job-reason">It did not work the last time: {job.error}</p>}
      <Again job={job} />
      {mayChange && <ChangeButton job={job} verb="cancel" label="Cancel" />}
    </JobItem>
  );
}

export function EndedJob({ job, zone, nowMs, mayChange, channelName }: RowProps) {
  const at = job.endedMs === undefined ? "" : ` ${sinceWords(job.endedMs, nowMs, zone)}`;
  const lengthMs =
    job.startedMs === undefined || job.endedMs === undefined ? undefined : job.endedMs - job.startedMs;
  return (
    <JobItem job={job} channelName={channelName}>
      {job.state === "done" && (
        <p>
          Done{at}
          {lengthMs !== undefined && lengthMs >= 0 ? `, took ${durationWords(lengthMs)}` : ""}
        </p>
      )}
      {job.state === "done" && job.kind === "ageing" && job.note !== "" && <p class="quiet">{job.note}</p>}
      {job.state === "cancelled" && <p>Cancelled{at}</p>}
      {job.state === "failed" && (
        <p class="trouble job-reason">
          Failed{at}: {job.error}
        </p>
      )}
      {job.isDeleted && <p class="quiet">Its film was deleted</p>}
      {job.link !== undefined && (
        <p class="links">
          <a href={job.link} aria-label={`Show ${job.title}`}>
            Show
          </a>
        </p>
      )}
      {mayChange && job.state !== "done" && <ChangeButton job={job} verb="retry" label="Try again" />}
    </JobItem>
  );
}

type ItemProps = Pick<RowProps, "job" | "channelName"> & { children: ComponentChildren };

function JobItem({ job, channelName, children }: ItemProps) {
  return (
    <li id={`job-${job.id}`}>
      <h3>{job.title}</h3>
      {job.channel !== undefined && (
        <p class="quiet">
          <a href={`/${job.channel}`}>{channelName?.(job.channel) ?? job.channel}</a>
        </p>
      )}
      {children}
    </li>
  );
}

function ChangeButton({ job, verb, label }: { job: Job; verb: "cancel" | "retry"; label: string }) {
  const path = `/-/jobs/${job.id}/${verb}`;
  return (
    <form method="post" action={path} hx-post={path} hx-target="#jobs" hx-swap="innerMorph">
      <button type="submit" aria-label={`${label}: ${job.title}`}>
        {label}
      </button>
    </form>
  );
}
