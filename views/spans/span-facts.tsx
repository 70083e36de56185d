import type { SpanFacts } from "../../src/export/span-facts.ts";
import { countWords, durationWords, sizeWords, spanWords } from "../../src/status/words.ts";

export type SpanFactsProps = {
  channel: { id: string; zone: string };
  facts: SpanFacts;
  /** Whether who looks may have clips made and lock. */
  mayChange: boolean;
  /** Whether films can be made here. */
  hasFfmpeg: boolean;
  /** What came of what was asked for. */
  said?:
    { words: string; isTrouble: boolean; link?: { path: string; words: string } | undefined } | undefined;
};

const HEIGHTS = [1080, 720, 480, 360];

/** Fills `#span-facts` when the two times are no part. */
export const SpanMistake = ({ words }: { words: string }) => (
  <p class="notice trouble" role="alert">
    {words}
  </p>
);

/** Fills `#span-facts`: what a part holds, and what can be done with it. */
export function SpanFactsPart(props: SpanFactsProps) {
  const { channel, facts, mayChange, hasFfmpeg, said } = props;
  const { recordedMs, sizeBytes, holes, hasOneInit, downloads } = facts;
  const isEmpty = recordedMs === 0;
  const missingMs = facts.endMs - facts.startMs - recordedMs;
  return (
    <>
      {said && (
        <p class={said.isTrouble ? "notice trouble" : "notice"} role="alert">
          {said.words} {said.link && <a href={said.link.path}>{said.link.words}</a>}
        </p>
      )}
      <p>
        {spanWords(facts, channel.zone)}:{" "}
        <strong>
          {isEmpty ? "nothing is kept of it" : `${durationWords(recordedMs)}, about ${sizeWords(sizeBytes)}`}
        </strong>
        {holes > 0 && `, with ${countWords(holes, "gap")}`}
        {!isEmpty && missingMs > 1500 && `. ${durationWords(missingMs)} of it are not there`}
      </p>
      {!isEmpty && (
        <div class="links">
          {downloads.map(({ ending, path }) => (
            <a key={ending} class="button" href={path} download>
              Download {ending === "ts" ? "MPEG-TS" : "MP4"}
            </a>
          ))}
          {downloads.length === 0 && (
            <p class="quiet">
              {hasOneInit
                ? "It is too long for one file as it is."
                : "The camera's settings changed in it, so it is no single file as it is; a clip can hold it."}
            </p>
          )}
        </div>
      )}
      {!isEmpty && mayChange && (
        <div class="span-work">
          {hasFfmpeg && <ClipForm {...props} />}
          <LockForm {...props} />
        </div>
      )}
    </>
  );
}

function ClipForm({ channel, facts }: SpanFactsProps) {
  const path = `/-/spans/${channel.id}/clip`;
  return (
    <form
      class="form row"
      method="post"
      action={path}
      hx-post={path}
      hx-target="#span-facts"
      hx-swap="innerHTML"
    >
      <Times facts={facts} />
      <div class="field">
        <label for="span-codec">Clip</label>
        <select id="span-codec" name="codec">
          <option value="h264">exact, H.264</option>
          <option value="h265">exact, H.265 (smaller)</option>
          <option value="copy">as it is, from key frames</option>
        </select>
      </div>
      <div class="field">
        <label for="span-height">Height</label>
        <select id="span-height" name="height">
          <option value="">as recorded</option>
          {HEIGHTS.map((height) => (
            <option key={height} value={height}>
              {height}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label>
          <input type="checkbox" name="clock" value="1" /> Time in the picture
        </label>
      </div>
      <div class="actions">
        <button type="submit">Make a clip</button>
      </div>
    </form>
  );
}

function LockForm({ channel, facts }: SpanFactsProps) {
  const path = `/-/spans/${channel.id}/lock`;
  return (
    <form
      class="form row"
      method="post"
      action={path}
      hx-post={path}
      hx-target="#span-facts"
      hx-swap="innerHTML"
    >
      <Times facts={facts} />
      <div class="field">
        <label for="span-why">Why it is to stay</label>
        <input id="span-why" name="why" type="text" maxLength={500} autocomplete="off" />
      </div>
      <div class="actions">
        <button type="submit">Lock it</button>
        <a href="/-/locks">All locks</a>
      </div>
    </form>
  );
}

const Times = ({ facts }: { facts: SpanFacts }) => (
  <>
    <input type="hidden" name="from" value={facts.startMs} />
    <input type="hidden" name="to" value={facts.endMs} />
  </>
);
