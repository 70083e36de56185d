import type { Status } from "../src/status/status.ts";
import { sizeWords } from "../src/status/words.ts";
import { ChannelTile } from "./channel-tile.tsx";

/** Fills `#channels`: every channel with its state and today, and what is to be said about the whole. */
export function ChannelList({ status }: { status: Status }) {
  return (
    <>
      <Notices status={status} />
      <ul class="tiles">
        {status.channels.map((channel) => (
          <li key={channel.id} id={`tile-${channel.id}`}>
            <ChannelTile channel={channel} hasStills={status.hasFfmpeg} />
          </li>
        ))}
      </ul>
      <StorageLine status={status} />
    </>
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
          ffmpeg was not found. Cameras are captured and pictures are made with it; install it, for example
          with <code>apt install ffmpeg</code>. What is recorded plays without it.
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
      {sizeWords(storage.freeBytes)} free{total} in {storage.path}.{" "}
      <a href="/settings">How long that lasts</a>
    </p>
  );
}
