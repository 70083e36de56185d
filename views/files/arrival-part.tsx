import type { ChannelStatus } from "../../src/status/channel-status.ts";
import { arrivalFacts } from "../../src/status/arrival-words.ts";
import { countWords, sinceWords } from "../../src/status/words.ts";
import { StateWords } from "../state-words.tsx";

type Props = {
  channel: ChannelStatus;
  nowMs: number;
  /** Whether who looks may see what is kept aside. */
  canSeeQuarantine: boolean;
};

/** Fills `#arrivals`: how the files of a channel arrive, and what could not be taken. */
export function ArrivalPart({ channel, nowMs, canSeeQuarantine }: Props) {
  const { arrivals, newestMs, kind, zone } = channel;
  const isFolder = kind === "folder";
  if (!arrivals) return <StateWords channel={channel} />;
  const { quarantinedFiles, unreadable, unreadableFiles } = arrivals;
  const quarantined = quarantinedFiles === 0 ? "none" : countWords(quarantinedFiles, "file");
  return (
    <>
      <StateWords channel={channel} />
      <table class="table">
        <tbody>
          {arrivalFacts(arrivals, { newestMs, isFolder, nowMs, zone }).map(({ name, value }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
          {!isFolder && (
            <tr>
              <th scope="row">In quarantine</th>
              <td>
                {canSeeQuarantine ? (
                  <a href={`/-/files/${channel.id}/quarantine`}>{quarantined}</a>
                ) : (
                  quarantined
                )}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {unreadableFiles > 0 && (
        <section class="part" aria-labelledby="unreadable-heading">
          <h2 id="unreadable-heading">{countWords(unreadableFiles, "file")} could not be read</h2>
          <p class="quiet">They stay as they are in the folder; one that is changed is looked at again.</p>
          <ul class="file-list">
            {unreadable.map((file) => (
              <li key={file.name}>
                <code>{file.name}</code>
                <p>
                  {file.reason} <span class="quiet">Since {sinceWords(file.sinceMs, nowMs, zone)}.</span>
                </p>
              </li>
            ))}
          </ul>
          {unreadableFiles > unreadable.length && (
            <p class="quiet">and {unreadableFiles - unreadable.length} more</p>
          )}
        </section>
      )}
    </>
  );
}
