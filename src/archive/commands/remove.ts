import { requireData } from "../../platform/data-folder.ts";
import { NightjarError, notFound } from "../../platform/errors.ts";
import { diskFiles } from "../../platform/files.ts";
import { isoOf } from "../../platform/zone.ts";
import { Deleter } from "../keep/deletion.ts";
import { remainsOf, removeClips, removeFootage, type Remains } from "../inspect/remove.ts";
import { clearForgotten } from "../files/forgotten.ts";
import { managedFolder } from "../files/managed-folder.ts";
import { sizeText } from "../keep/size-text.ts";
import { rootsThere, unknownChannel, withDatabases, zoneOfChannels, type CommandContext } from "./context.ts";

const filmsText = (count: number): string => (count === 1 ? "1 film" : `${count} films`);

function remainsText(remains: Remains, zone: string): string {
  const { channel, recordings, sizeBytes, startMs, endMs, lockedRecordings } = remains;
  if (recordings === 0 || startMs === undefined || endMs === undefined) return `${channel} has no footage.`;
  const locked = lockedRecordings > 0 ? ` ${lockedRecordings} of them are locked and stay.` : "";
  return `${channel} has ${recordings} recordings, ${sizeText(sizeBytes)}, ${isoOf(startMs, zone)} to ${isoOf(endMs, zone)}.${locked}`;
}

/**
 * `nightjar remove CHANNEL [--footage] [--yes]`: forgets a channel that is no longer configured; with `--footage`
 * its footage goes too. Without `--yes` nothing changes. Ends with 0 when it did what was asked, else with 1.
 */
export async function runRemove(context: CommandContext): Promise<number> {
  const { args, clock, config, stdout } = context;
  const [channel] = args.arguments;
  if (channel === undefined) throw new NightjarError("bad-request", "remove wants the id of a channel");
  const withFootage = args.options["footage"] !== undefined;
  requireData(config);
  const files = diskFiles();
  return await withDatabases(context, async ({ index, state }) => {
    const isConfigured = [...config.channels.keys()].some((id) => id.toLowerCase() === channel.toLowerCase());
    const remains = remainsOf({ index, state }, channel, isConfigured);
    if (!isConfigured && !remains.isKnown && remains.recordings === 0 && remains.clips === 0)
      throw unknownChannel({ config, index, state }, channel) ?? notFound(`There is nothing of ${channel}`);
    stdout(remainsText(remains, zoneOfChannels(config, state)(remains.channel)));
    if (remains.clips > 0)
      stdout(
        `${filmsText(remains.clips)} of it (timelapses, moments, clips), ${sizeText(remains.clipBytes)}.`,
      );
    if (isConfigured && !withFootage)
      throw new NightjarError("conflict", `${channel} is configured; take it out of the configuration first`);
    if (!withFootage && remains.recordings + remains.clips > 0) {
      stdout(
        "It stays listed for as long as it has footage or films. To delete those as well, add --footage.",
      );
      return 1;
    }
    if (isConfigured) stdout(`${remains.channel} is configured, and stays: only its footage is meant.`);
    if (args.options["yes"] === undefined) {
      stdout("Nothing was changed. To do it, add --yes.");
      return 1;
    }
    const there = await rootsThere(files, config.storage.path, [...index.roots(), ...state.roots()]);
    const roots = {
      current: () => ({ missing: { reason: "stopped" as const, detail: "nothing is recorded here" } }),
      pathOf: (id: string) => there.get(id),
      look: async () => {},
      onChange: () => {},
    };
    const deleter = new Deleter({
      clock,
      files,
      index,
      roots,
      managed: (id) => managedFolder(config, id),
    });
    const removed = await removeFootage({ index }, deleter, remains.channel);
    const films = await removeClips({ files, roots, state }, remains.channel);
    for (const problem of [...removed.problems, ...films.problems]) stdout(`not deleted: ${problem}`);
    if (remains.recordings > 0)
      stdout(`${removed.recordings} recordings, ${sizeText(removed.sizeBytes)}, were deleted.`);
    if (films.clips > 0) stdout(`${filmsText(films.clips)} were deleted.`);
    if (films.left > 0) stdout(`${filmsText(films.left)} stay: their storage is not there.`);
    if (removed.left > 0) {
      stdout(`${removed.left} recordings stay: they are locked, or their storage is not there.`);
      return 1;
    }
    if (films.left > 0) return 1;
    if (isConfigured) return 0;
    state.deleteChannel(remains.channel);
    state.adoptedClips.forget(remains.channel);
    clearForgotten(index, remains.channel);
    stdout(`${remains.channel} is forgotten.`);
    return 0;
  });
}
