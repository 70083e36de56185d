import type { FootageChannel } from "../src/archive/footage.ts";
import type { DayCoverage } from "../src/status/coverage.ts";
import { sizeWords } from "../src/status/words.ts";
import { CoverageBar } from "./coverage-bar.tsx";
import { DayLinks, type ConvertedFile } from "./day-links.tsx";
import { Layout } from "./layout.tsx";
import type { Site } from "./site.ts";

export type ChannelDay = {
  channel: FootageChannel;
  day: DayCoverage;
  words: string;
  sizeBytes: number;
  converted: readonly ConvertedFile[];
  timelapse?: string | undefined;
};

export type DatePageProps = {
  site: Site;
  /** `Fri 20 Nov 2026`. */
  title: string;
  days: readonly ChannelDay[];
  /** Dates next to it on which any channel has footage. */
  before?: string | undefined;
  after?: string | undefined;
};

/** `/dates/<date>`: the same day of all channels. */
export function DatePage({ site, title, days, before, after }: DatePageProps) {
  return (
    <Layout title={title} site={site} here="dates" width="wide" scripts={{ modules: [site.assets.bar] }}>
      <div class="head">
        <h1>{title}</h1>
        <nav class="day-nav" aria-label="Days">
          {before !== undefined && (
            <a href={`/dates/${before}`} rel="prev">
              ‹ Earlier day
            </a>
          )}
          <a href="/dates">All dates</a>
          {after !== undefined && (
            <a href={`/dates/${after}`} rel="next">
              Later day ›
            </a>
          )}
        </nav>
      </div>
      {days.length === 0 && <p class="notice">There is no footage of this day.</p>}
      <ul class="day-list">
        {days.map(({ channel, day, words, sizeBytes, converted, timelapse }) => (
          <li key={channel.id}>
            <h2>
              <a href={`/${channel.id}/${day.date}`}>{channel.name}</a>{" "}
              <span class="quiet">{sizeWords(sizeBytes)}</span>
            </h2>
            <CoverageBar day={day} dayPath={`/${channel.id}/${day.date}`} words={words} />
            <DayLinks
              channel={channel}
              date={day.date}
              hasFootage={day.spans.length > 0}
              converted={converted}
              timelapse={timelapse}
            />
          </li>
        ))}
      </ul>
    </Layout>
  );
}
