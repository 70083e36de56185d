import type { AgeingReport } from "../../src/conversion/make.ts";
import type { Job } from "../../src/jobs/job-kind.ts";
import type { ShownSchedule } from "../../src/jobs/schedules.ts";
import { countWords } from "../../src/status/words.ts";
import { dailySpanText, type DailySpan } from "../../src/platform/daily-span.ts";
import { Layout } from "../layout.tsx";
import { quietPolling } from "../polling.ts";
import type { Site } from "../site.ts";
import { AgeingPart } from "./ageing-part.tsx";
import { EndedJob, RunningJob, WaitingJob } from "./job-rows.tsx";
import { ScheduleList } from "./schedule-list.tsx";

export type JobsPartProps = {
  zone: string;
  nowMs: number;
  /** In the order in which they were asked for. */
  running: readonly Job[];
  waiting: readonly Job[];
  /** How many wait in all, beside those shown too. */
  waitingCount: number;
  /** The newest first. */
  ended: readonly Job[];
  endedCount: number;
  mayChange: boolean;
  /** What people call a channel. */
  channelName: (id: string) => string;
  /** The time of day for heavy work. */
  window: DailySpan | undefined;
  schedules: readonly ShownSchedule[];
  /** Old days that are made smaller, where channels ask for it. */
  ageing?: AgeingReport | undefined;
  /** Why a change was not made. */
  mistake?: string | undefined;
};

/** `/jobs`: what is done with footage beside recording. */
export function JobsPage({ site, ...part }: JobsPartProps & { site: Site }) {
  return (
    <Layout title="Jobs" site={site} here="jobs">
      <h1>Jobs</h1>
      <div id="jobs" class="part" hx-get="/jobs" {...quietPolling} hx-trigger="every 2s">
        <JobsPart {...part} />
      </div>
    </Layout>
  );
}

/** Fills `#jobs`. */
export function JobsPart(props: JobsPartProps) {
  const { zone, nowMs, running, waiting, ended, mayChange, channelName, window } = props;
  const { schedules, ageing, mistake, waitingCount, endedCount } = props;
  const context = { zone, nowMs, mayChange, channelName };
  const isEmpty = running.length + waiting.length + ended.length === 0;
  return (
    <>
      {mistake !== undefined && (
        <p class="notice trouble" role="alert">
          {mistake}
        </p>
      )}
      {isEmpty && (
        <p class="notice">
          There are no jobs yet. Timelapses, moments, clips and days that are made smaller show up here while
          they are made, and for some weeks afterwards.
        </p>
      )}
      {running.length > 0 && (
        <section class="part" aria-label="Running">
          <h2>Running</h2>
          <ul class="job-list">
            {running.map((job) => (
              <RunningJob key={job.id} job={job} {...context} />
            ))}
          </ul>
        </section>
      )}
      {waiting.length > 0 && (
        <section class="part" aria-label="Waiting">
          <h2>Waiting</h2>
          <ul class="job-list">
            {waiting.map((job) => (
              <WaitingJob key={job.id} job={job} {...context} />
            ))}
          </ul>
          {waitingCount > waiting.length && (
            <p class="quiet">{countWords(waitingCount - waiting.length, "more waits", "more wait")}.</p>
          )}
        </section>
      )}
      {ended.length > 0 && (
        <section class="part" aria-label="Ended">
          <h2>Ended</h2>
          <ul class="job-list">
            {ended.map((job) => (
              <EndedJob key={job.id} job={job} {...context} />
            ))}
          </ul>
          {endedCount > ended.length && (
            <p class="quiet">
              {countWords(endedCount - ended.length, "that ended earlier is", "that ended earlier are")} not
              shown.
            </p>
          )}
        </section>
      )}
      {ageing && <AgeingPart report={ageing} nowMs={nowMs} />}
      {schedules.length > 0 && (
        <section class="part" aria-label="By the clock">
          <h2>By the clock</h2>
          <p class="quiet">
            {window
              ? `Heavy work is done between ${dailySpanText(window).replace("-", " and ")}, one job at a time.`
              : "Heavy work is done at any time, one job at a time."}{" "}
            Recording always comes first.
          </p>
          <ScheduleList schedules={schedules} zone={zone} nowMs={nowMs} />
        </section>
      )}
    </>
  );
}
