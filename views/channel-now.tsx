import { gapSentence } from "../src/status/bar.ts";
import type { ChannelStatus } from "../src/status/channel-status.ts";
import { arrivalFacts } from "../src/status/arrival-words.ts";
import { countWords } from "../src/status/words.ts";
import { CoverageBar } from "./coverage-bar.tsx";
import type { ShownDay } from "./shown-day.ts";
import { Advice, PictureLine, StateWords } from "./state-words.tsx";

const SHOWN_GAPS = 20;

type Props = { channel: ChannelStatus; shown: ShownDay };

/** Fills `#now`: the gaps of the day that is shown, and what is known of the picture. */
export function ChannelNow({ channel, shown }: Props) {
  return (
    <>
      {!channel.hasFootage && <CoverageBar day={shown.day} dayPath={shown.path} words={shown.words} />}
      <GapList shown={shown} />
      {shown.isToday && <Advice channel={channel} />}
      {shown.isToday && <FilesLine channel={channel} nowMs={shown.day.nowMs} />}
      <PictureLine channel={channel} />
    </>
  );
}

/** Fills `#state`; comes along with `#now` when the page renews itself. */
export function ChannelState({ channel, isAlong = false }: { channel: ChannelStatus; isAlong?: boolean }) {
  return (
    <div id="state" {...(isAlong ? { "hx-swap-oob": "innerMorph" } : {})}>
      <StateWords channel={channel} />
    </div>
  );
}

/** Fills `#bar`, the picture of the scrub bar; comes along with `#now` when the page renews itself. */
export function DayBar({ shown, isAlong = false }: { shown: ShownDay; isAlong?: boolean }) {
  return (
    <div id="bar" {...(isAlong ? { "hx-swap-oob": "innerMorph" } : {})}>
      <CoverageBar day={shown.day} dayPath={shown.path} words={shown.words} locks={shown.locks} isScrub />
    </div>
  );
}

/** How the files of a channel arrive, in one line, with the way to more. */
function FilesLine({ channel, nowMs }: { channel: ChannelStatus; nowMs: number }) {
  const { arrivals, id, kind, newestMs, zone } = channel;
  if (!arrivals) return null;
  const isFolder = kind === "folder";
  const facts = arrivalFacts(arrivals, { newestMs, isFolder, nowMs, zone });
  const { quarantinedFiles, unreadableFiles } = arrivals;
  const words = [
    ...facts.map(({ name, value }) => `${name}: ${value}`),
    ...(quarantinedFiles > 0 ? [`${countWords(quarantinedFiles, "file")} in quarantine`] : []),
    ...(unreadableFiles > 0 ? [`${countWords(unreadableFiles, "file")} could not be read`] : []),
  ];
  return (
    <p class="quiet facts">
      {words.join(". ")}. <a href={`/-/files/${id}`}>{isFolder ? "Files" : "Files, and how to send them"}</a>
    </p>
  );
}

function GapList({ shown }: { shown: ShownDay }) {
  const newestFirst = shown.day.gaps.toReversed();
  if (newestFirst.length === 0) return null;
  const earlier = newestFirst.length - SHOWN_GAPS;
  return (
    <section class="gap-list" aria-labelledby="gaps-heading">
      <h2 id="gaps-heading">Gaps</h2>
      <ol class="gaps">
        {newestFirst.slice(0, SHOWN_GAPS).map((gap) => (
          <li key={gap.startMs}>
            <a href={`${shown.path}?at=${Math.floor(gap.startMs / 1000) - 5}`}>
              {gapSentence(gap, shown.day.zone)}
            </a>
          </li>
        ))}
        {earlier > 0 && <li class="quiet">and {earlier} earlier</li>}
      </ol>
    </section>
  );
}
