/** Why a run ended, and so why there is a gap after it. One list for runs, gaps, playlists, pages and alerts. */
export const endReasons = [
  "stopped",
  "interrupted",
  "source-offline",
  "source-auth",
  "source-refused",
  "source-stalled",
  "source-broken",
  "source-unsupported",
  "source-gap",
  "init-changed",
  "time-jumped",
  "clock-stepped",
  "disk-full",
  "disk-slow",
  "disk-missing",
  "disk-error",
  "damaged",
  "not-uploaded",
] as const;
export type EndReason = (typeof endReasons)[number];

/** The reason and a detail for people. */
export type RunEnd = { reason: EndReason; detail: string };

/** The reason in the words that pages and logs use, to follow "because" or stand alone. */
export const reasonWords: Record<EndReason, string> = {
  stopped: "recording was stopped",
  interrupted: "Nightjar was interrupted (killed, or the power failed)",
  "source-offline": "the source did not answer",
  "source-auth": "the source refused the user name or password",
  "source-refused": "the source refused the request",
  "source-stalled": "the source stopped sending",
  "source-broken": "the source sent something that can't be used",
  "source-unsupported": "the source sends a format that can't be kept",
  "source-gap": "the source left something out",
  "init-changed": "the picture's format changed",
  "time-jumped": "the source's time jumped",
  "clock-stepped": "this machine's clock was set",
  "disk-full": "the disk is full",
  "disk-slow": "the disk was too slow",
  "disk-missing": "the storage was not there",
  "disk-error": "the disk reported an error",
  damaged: "the footage was damaged",
  "not-uploaded": "nothing was uploaded",
};

const PROGRAM_MISSING = /^The program "(.+)" was not found$/;

/**
 * Sources whose program is missing on this machine end as `source-unsupported`, and only their detail tells them
 * from those that send something that can't be kept. The source is not at fault, so other words are used.
 */
function missingProgram({ reason, detail }: RunEnd): { words: string; remedy: string } | undefined {
  const name = reason === "source-unsupported" ? PROGRAM_MISSING.exec(detail)?.[1] : undefined;
  if (name === undefined) return undefined;
  return name === "ffmpeg"
    ? {
        words: "ffmpeg was not found on this machine",
        remedy: "install it, for example with: apt install ffmpeg",
      }
    : {
        words: `the program ${name} was not found on this machine`,
        remedy: "install it, or correct its path",
      };
}

/** Reason and detail in one clause: `the source did not answer (connection refused)`. */
export function endWords(end: RunEnd): string {
  const { words, remedy } = missingProgram(end) ?? { words: reasonWords[end.reason], remedy: end.detail };
  return remedy === "" ? words : `${words} (${remedy})`;
}

/** First words for a source that is off, where its reason alone would say something else. */
export function missingProgramWords(end: RunEnd): { head: string; detail: string } | undefined {
  const missing = missingProgram(end);
  return missing && { head: `Not recording, ${missing.words},`, detail: missing.remedy };
}
