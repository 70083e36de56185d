import { resolve } from "node:path";

const SCHEMA = resolve(import.meta.dir, "dash-schema/mpd.xsd");
const TIMESCALE = 90_000;
/** Periods are told in five decimals of a second. */
const TOLERANCE_TICKS = 1;

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
const seconds = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(/^PT([\d.]+)S$/.exec(text)?.[1]);

export type ParsedPeriod = {
  id: string;
  /** In 90,000ths of a second. */
  startTicks: number;
  offsetTicks: number;
  /** Media times of the segments, and where the last one ends. */
  segmentTicks: number[];
  endTicks: number;
  /** Template of each track's segments. */
  media: { video?: string; audio?: string };
  init: { video?: string; audio?: string };
};

export type ParsedMpd = {
  isDynamic: boolean;
  attributes: (name: string) => string | undefined;
  periods: ParsedPeriod[];
};

/** Reads a manifest of ours; it has to be valid. */
export function parseMpd(text: string): ParsedMpd {
  const head = /<MPD [^>]*>/.exec(text)?.[0] ?? "";
  const periods = [...text.matchAll(/(<Period [^>]*>)(.*?)<\/Period>/gs)].map(([, tag = "", body = ""]) => {
    const segmentTicks: number[] = [];
    let ticks = 0;
    const [timeline = ""] = /<SegmentTimeline>.*?<\/SegmentTimeline>/s.exec(body) ?? [];
    for (const [element] of timeline.matchAll(/<S [^>]*>/g)) {
      ticks = Number(attribute(element, "t") ?? ticks);
      for (let left = Number(attribute(element, "r") ?? 0); left >= 0; left--) {
        segmentTicks.push(ticks);
        ticks += Number(attribute(element, "d"));
      }
    }
    const of = (kind: string, name: string): string | undefined => {
      const set = new RegExp(`<AdaptationSet [^>]*contentType="${kind}".*?</AdaptationSet>`, "s").exec(
        body,
      )?.[0];
      return set && attribute(set, name);
    };
    const both = (name: string) => {
      const [video, audio] = [of("video", name), of("audio", name)];
      return { ...(video === undefined ? {} : { video }), ...(audio === undefined ? {} : { audio }) };
    };
    return {
      id: attribute(tag, "id") ?? "",
      startTicks: Math.round((seconds(attribute(tag, "start")) ?? 0) * TIMESCALE),
      offsetTicks: Number(attribute(body, "presentationTimeOffset") ?? 0),
      segmentTicks,
      endTicks: ticks,
      media: both("media"),
      init: both("initialization"),
    };
  });
  return {
    isDynamic: attribute(head, "type") === "dynamic",
    attributes: (name) => attribute(head, name),
    periods,
  };
}

/** What `xmllint` says of a manifest against the schema; empty when it is valid. */
function schemaFaults(text: string): string[] {
  const argv = ["xmllint", "--noout", "--schema", SCHEMA, "-"];
  const done = Bun.spawnSync(argv, { stdin: Buffer.from(text), timeout: 20_000 });
  return done.exitCode === 0 ? [] : done.stderr.toString().trim().split("\n");
}

/** What is wrong with a manifest: by the schema, and by what the standard says beyond it. */
export function mpdFaults(text: string): string[] {
  const faults = schemaFaults(text);
  if (faults.length > 0) return faults;
  const { isDynamic, attributes, periods } = parseMpd(text);
  const present = (names: readonly string[], is: boolean) => {
    for (const name of names)
      if ((attributes(name) !== undefined) !== is) faults.push(`${name} is ${is ? "missing" : "not for it"}`);
  };
  const growing = ["availabilityStartTime", "publishTime", "minimumUpdatePeriod"];
  present(growing, isDynamic);
  present(["mediaPresentationDuration"], !isDynamic);
  if (text.includes("<UTCTiming ") !== isDynamic) faults.push("UTCTiming is for what grows");
  let endTicks: number | undefined;
  for (const { id, startTicks, offsetTicks, segmentTicks, endTicks: end, media, init } of periods) {
    const first = segmentTicks[0] ?? 0;
    if (first < offsetTicks) faults.push(`${id}: a segment before the period`);
    const begin = startTicks + first - offsetTicks;
    if (endTicks !== undefined && Math.abs(begin - endTicks) > TOLERANCE_TICKS)
      faults.push(`${id} begins at ${begin}, the one before it ends at ${endTicks}`);
    endTicks = startTicks + end - offsetTicks;
    for (const each of Object.values(media)) if (!each.includes("$Time$")) faults.push(`${id}: ${each}`);
    if (media.video === undefined || init.video === undefined) faults.push(`${id} has no pictures`);
  }
  const total = seconds(attributes("mediaPresentationDuration"));
  if (total !== undefined && Math.abs(total * TIMESCALE - (endTicks ?? 0)) > TOLERANCE_TICKS * periods.length)
    faults.push(`it lasts ${total} s, but its periods end at ${(endTicks ?? 0) / TIMESCALE}`);
  return faults;
}
