import type { Addition } from "../../config/add-yaml.ts";
import { idKey } from "../../config/channel-id.ts";
import { channelNamePattern } from "../../config/channel-name.ts";
import { contentsOf, type Group, type KeyChanges } from "../../config/edit-yaml.ts";
import { chooseId, type ChosenId } from "./channel-ids.ts";
import type { FoundChannel, FoundFile, LeftKey } from "./found.ts";

const MAX_NAME_CHARACTERS = 100;

/** What becomes of a file of another tool in a configuration. */
export type FilePlan = {
  addition: Addition;
  taken: readonly (ChosenId & { channel: FoundChannel })[];
  /** Channels whose source is configured already, with the ids they have. */
  there: readonly { id: string; channel: FoundChannel }[];
  /** Settings that were taken, as `key: value`. */
  settings: readonly string[];
  /** Settings that the configuration says already, likewise. */
  settingsThere: readonly string[];
  left: readonly LeftKey[];
};

const groupOf = (value: unknown): Group =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

/** Addresses that mean the same are the same; a password makes a difference. */
function sameSource(source: string): string {
  try {
    const url = new URL(source);
    return url.hash === "" ? url.href : source;
  } catch {
    return source;
  }
}

function keysOf({ name, source, keep }: FoundChannel, id: string): KeyChanges {
  const isName = name !== id && name.length <= MAX_NAME_CHARACTERS && channelNamePattern.test(name);
  return {
    ...(isName ? { name } : {}),
    source,
    ...(Object.keys(keep).length === 0 ? {} : { keep }),
  };
}

type Planned = { settings: KeyChanges; taken: string[]; there: string[]; left: LeftKey[] };

/** Nothing that the configuration says is changed: what says otherwise there stays, and is told. */
function planSettings(found: FoundFile["settings"], root: Group): Planned {
  const planned: Planned = { settings: {}, taken: [], there: [], left: [] };
  const add = (key: string, value: string, has: unknown, change: KeyChanges): void => {
    if (has === value) planned.there.push(`${key}: ${value}`);
    else if (has === undefined || has === null) {
      planned.settings = { ...planned.settings, ...change };
      planned.taken.push(`${key}: ${value}`);
    } else planned.left.push({ key: `${key}: ${value}`, why: `the configuration has another ${key}` });
  };
  if (found.publicUrl !== undefined) {
    add("public_url", found.publicUrl, root["public_url"], { public_url: found.publicUrl });
  }
  if (found.naiveTimes !== undefined) {
    const has = groupOf(root["streamer"])["naive_times"];
    add("streamer.naive_times", found.naiveTimes, has, { streamer: { naive_times: found.naiveTimes } });
  }
  return planned;
}

/**
 * What of a file is added to a configuration. A channel whose source is configured is there already, whatever its id;
 * none that is configured is changed.
 * @param text the configuration
 * @param reserved words that can't be ids, from `reservedIdSet`
 * @throws NightjarError `conflict` for a configuration that can't be changed from here
 */
export function planFile(found: FoundFile, text: string, reserved: ReadonlySet<string>): FilePlan {
  const { root, channels } = contentsOf(text);
  const bySource = new Map<string, string>();
  const ids = new Set<string>();
  for (const [id, channel] of Object.entries(channels)) {
    const { source, was } = groupOf(channel);
    if (typeof source === "string") bySource.set(sameSource(source), id);
    for (const each of [id, ...(Array.isArray(was) ? was : [])])
      if (typeof each === "string") ids.add(idKey(each));
  }
  const taken: (ChosenId & { channel: FoundChannel })[] = [];
  const there: { id: string; channel: FoundChannel }[] = [];
  for (const channel of found.channels) {
    const source = sameSource(channel.source);
    const known = bySource.get(source);
    if (known !== undefined) {
      there.push({ id: known, channel });
      continue;
    }
    const chosen = chooseId(channel.name, (key) => ids.has(key), reserved);
    ids.add(idKey(chosen.id));
    bySource.set(source, chosen.id);
    taken.push({ ...chosen, channel });
  }
  const settings = planSettings(found.settings, root);
  return {
    addition: {
      settings: settings.settings,
      channels: taken.map(({ id, channel }) => ({ id, keys: keysOf(channel, id) })),
    },
    taken,
    there,
    settings: settings.taken,
    settingsThere: settings.there,
    left: [...found.left, ...settings.left],
  };
}
