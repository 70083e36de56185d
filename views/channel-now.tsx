import { gapSentence } from "../src/status/bar.ts";
import type { ChannelStatus } from "../src/status/channel-status.ts";
import { dateWords } from "../src/status/words.ts";
import { CoverageBar } from "./coverage-bar.tsx";
import { Advice, PictureLine, StateWords } from "./state-words.tsx";

const SHOWN_GAPS = 20;

/** Fills `#now`: the state of a channel, its day and the day's gaps. Everything on its page that changes. */
export function ChannelNow({ channel }: { channel: ChannelStatus }) {
  const { today } = channel;
  return (
    <>
      <StateWords channel={channel} />
      <Advice channel={channel} />
      <h2>{dateWords(today.nowMs, channel.zone)}</h2>
      <CoverageBar day={today} channelPath={`/${channel.id}`} words={channel.dayWords} />
      <GapList channel={channel} />
      <PictureLine channel={channel} />
    </>
  );
}

function GapList({ channel }: { channel: ChannelStatus }) {
  const newestFirst = channel.today.gaps.toReversed();
  if (newestFirst.length === 0) return null;
  const earlier = newestFirst.length - SHOWN_GAPS;
  return (
    <ol class="gaps">
      {newestFirst.slice(0, SHOWN_GAPS).map((gap) => (
        <li key={gap.startMs}>
          <a href={`/${channel.id}?at=${Math.floor(gap.startMs / 1000) - 5}`}>
            {gapSentence(gap, channel.zone)}
          </a>
        </li>
      ))}
      {earlier > 0 && <li class="quiet">and {earlier} earlier</li>}
    </ol>
  );
}
