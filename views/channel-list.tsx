import type { ChannelStatus } from "../src/status/channel-status.ts";
import type { Status } from "../src/status/status.ts";
import { sizeWords } from "../src/status/words.ts";
import { CoverageBar } from "./coverage-bar.tsx";
import { Advice, PictureLine, StateWords } from "./state-words.tsx";

/** Fills `#channels`: every channel with its state and today, and what is to be said about the whole. */
export function ChannelList({ status }: { status: Status }) {
  return (
    <>
      <Notices status={status} />
      <ul class="tiles">
        {status.channels.map((channel) => (
          <li key={channel.id} id={`tile-${channel.id}`}>
            <ChannelTile channel={channel} />
          </li>
        ))}
      </ul>
      <StorageLine status={status} />
    </>
  );
}

function ChannelTile({ channel }: { channel: ChannelStatus }) {
  const path = `/${channel.id}`;
  return (
    <article class="tile">
      <h2>
        <a href={path}>{channel.name}</a>
      </h2>
      <StateWords channel={channel} />
      <CoverageBar day={channel.today} channelPath={path} words={channel.dayWords} />
      <PictureLine channel={channel} />
      <Advice channel={channel} />
      {channel.hasFootage && (
        <p class="links">
          <a href={path}>Watch</a>
          {channel.condition !== "retired" && <a href={`${path}/live.m3u8?download=1`}>Live in VLC</a>}
          {channel.today.spans.length > 0 && (
            <a href={`${path}/stream/today/playlist.m3u8?download=1`}>Today in VLC</a>
          )}
        </p>
      )}
    </article>
  );
}

function Notices({ status }: { status: Status }) {
  const { storage } = status;
  return (
    <>
      {status.databaseTrouble !== undefined && <p class="notice trouble">{status.databaseTrouble}</p>}
      {storage.missing && (
        <p class="notice trouble">
          Nothing can be recorded to {storage.path}: {storage.missing.detail}
        </p>
      )}
      {!storage.missing && storage.isFull && (
        <p class="notice trouble">{storage.path} is full and no room can be made. Nothing is recorded.</p>
      )}
      {!status.hasFfmpeg && (
        <p class="notice trouble">
          ffmpeg was not found. Cameras are captured with it; install it, for example with{" "}
          <code>apt install ffmpeg</code>. What is recorded plays without it.
        </p>
      )}
      {storage.messages.map((message) => (
        <p key={message} class="notice">
          {message}
        </p>
      ))}
      {status.clock === "unsynchronised" && (
        <p class="notice">
          The system calls its clock unsynchronised, so the times may be wrong. They are put right once it is
          set.
        </p>
      )}
    </>
  );
}

function StorageLine({ status }: { status: Status }) {
  const { storage } = status;
  if (storage.missing || storage.freeBytes === undefined) return null;
  const total = storage.totalBytes === undefined ? "" : ` of ${sizeWords(storage.totalBytes)}`;
  return (
    <p class="quiet">
      {sizeWords(storage.freeBytes)} free{total} in {storage.path}
    </p>
  );
}
