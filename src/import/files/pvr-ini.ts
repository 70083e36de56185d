import { parsePublicUrl } from "../../config/public-url.ts";
import { FileMistake, type FoundFile, type LeftKey } from "./found.ts";
import { type IniEntry, parseIni } from "./ini.ts";

const ENCRYPTOR = "encryptor";

/** Why a key is not taken, whatever section it stands in. */
const reasons: Readonly<Record<string, string>> = {
  refresh_interval: "a playlist is asked for when RFC 8216 says so, by its own target duration",
  chunks_number: "every segment of a playlist's window is recorded, however many there are",
  clear_playlist_suffix: "playlists are made when they are asked for; no files of them are written",
  pvr_dir:
    "footage lies in storage.path; what is there is adopted where it lies: nightjar import --footage DIR",
};

const KEPT = "encryption of outputs is not part of this version; keep this file for the one that has it";
const UNKNOWN = "Nightjar has no such key";

/** Sections and keys by which a file is known to be the recorder's. */
const isRecorders = ({ section, key }: IniEntry): boolean =>
  ["writer", "plstgen"].includes(section.toLowerCase()) || ["pvr_dir", "chunk_prefix"].includes(key);

/**
 * Reads `pvr.ini` and `config.ini` of HLS PVR and the HLS encryptor. Throws `FileMistake`; no message holds a value,
 * as some of them are passwords.
 */
export function parsePvrIni(text: string): FoundFile {
  const entries = parseIni(text);
  const isPvr = entries.some(isRecorders);
  const isEncryptor = entries.some(({ section }) => section.toLowerCase() === ENCRYPTOR);
  if (!isPvr && !isEncryptor) {
    const found = entries.length === 0 ? "no key" : "no section that HLS PVR or the HLS encryptor has";
    throw new FileMistake(
      entries[0]?.line ?? 1,
      found,
      "[writer], [plstgen] or [encryptor], as in pvr.ini or config.ini",
    );
  }
  const settings: FoundFile["settings"] = isPvr ? { naiveTimes: "utc" } : {};
  const left: LeftKey[] = [];
  for (const { section, key, value } of entries) {
    const leave = (why: string) => left.push({ key: `${section}.${key}`, why });
    if (key === "chunk_prefix") {
      const address = parsePublicUrl(value);
      if (address !== undefined) settings.publicUrl = address;
      else leave("it is no http(s):// address without user and query; without one, addresses are relative");
    } else leave(reasons[key] ?? (section.toLowerCase() === ENCRYPTOR ? KEPT : UNKNOWN));
  }
  return {
    kind: isPvr ? "settings of HLS PVR" : "settings of the HLS encryptor",
    channels: [],
    settings,
    left,
  };
}
