import type { AgeingReport } from "../../src/conversion/make.ts";
import { figuresText } from "../../src/conversion/outlook.ts";
import { countWords, durationWords } from "../../src/status/words.ts";

/** Channels whose old days are made smaller: what that takes, and how far behind it is. */
export function AgeingPart({ report, nowMs }: { report: AgeingReport; nowMs: number }) {
  const { channels, dailyMs, windowMs, refusal, waiting, oldestMs } = report;
  if (channels.length === 0) return null;
  return (
    <section class="part" aria-label="Old days made smaller">
      <h2>Old days made smaller</h2>
      {refusal !== undefined && <p class="notice trouble">{refusal}.</p>}
      <p>
        {oldestMs === undefined
          ? "No day waits."
          : `${countWords(waiting, "day waits", "days wait")}, the oldest for ${durationWords(Math.max(0, nowMs - oldestMs))}.`}
        {dailyMs > 0 &&
          ` Each day adds ${durationWords(dailyMs)} of work; there are ${durationWords(windowMs)} for it.`}
      </p>
      <ul class="schedule-list">
        {channels.map((outlook) => (
          <li key={outlook.channel}>
            <a href={`/${outlook.channel}`}>{outlook.name}</a>: {figuresText(outlook)}
          </li>
        ))}
      </ul>
    </section>
  );
}
