import { channelIdProblem, idKey } from "./channel-id.ts";
import type { ListenAddress } from "./config.ts";
import { isHlsAddress } from "./source-address.ts";
import { parseDuration } from "./duration.ts";
import { listenText, parseListenAddress } from "./listen-address.ts";
import { type ConfigProblem, foundText, type KeyPath, quoted } from "./problems.ts";

type Group = Readonly<Record<string, unknown>>;

const groupOf = (value: unknown): Group =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function channelIds(channels: Group, reserved: ReadonlySet<string>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const seen = new Map<string, string>();
  for (const id of Object.keys(channels)) {
    const wanted = channelIdProblem(id, reserved);
    const twin = seen.get(idKey(id));
    if (wanted !== undefined)
      problems.push({ path: ["channels", id], found: `the id ${quoted(id)}`, wanted });
    else if (twin !== undefined) {
      const found = `the id ${quoted(id)} beside ${quoted(twin)}`;
      problems.push({ path: ["channels", id], found, wanted: "ids that differ in more than case" });
    }
    seen.set(idKey(id), id);
  }
  return problems;
}

function formerIds(channels: Group, reserved: ReadonlySet<string>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const live = new Map(Object.keys(channels).map((id) => [idKey(id), id]));
  const claimed = new Map<string, string>();
  for (const [id, channel] of Object.entries(channels)) {
    for (const [index, former] of listOf(groupOf(channel)["was"]).entries()) {
      if (typeof former !== "string") continue;
      const path: KeyPath = ["channels", id, "was", index];
      const found = quoted(former);
      const notAnId = channelIdProblem(former, reserved);
      const owner = live.get(idKey(former));
      const claimant = claimed.get(idKey(former));
      if (notAnId !== undefined) problems.push({ path, found, wanted: notAnId });
      else if (owner !== undefined) {
        const wanted = "an id that no channel has now; take it out, or rename that channel";
        problems.push({ path, found: `${found}, the id of channels.${owner}`, wanted });
      } else if (claimant !== undefined) {
        problems.push({ path, found: `${found}, as in channels.${claimant}`, wanted: "each former id once" });
      }
      claimed.set(idKey(former), id);
    }
  }
  return problems;
}

/** Keys that only some kinds of sources have. */
const sourceKeys: readonly { key: string; isFor: (source: string) => boolean; sources: string }[] = [
  {
    key: "transport",
    isFor: (source) => /^rtsps?:/i.test(source),
    sources: "rtsp:// sources have a transport",
  },
  ...["variant", "headers", "allow_private"].map((key) => ({
    key,
    isFor: isHlsAddress,
    sources: "HLS sources (http(s)://….m3u8) have it",
  })),
  {
    key: "settle",
    isFor: (source) => source === "upload" || /^file:/i.test(source),
    sources: "`upload` and watched folders (file:///…) have it",
  },
  {
    key: "manage",
    isFor: (source) => /^file:/i.test(source),
    sources: "watched folders (file:///…) have it",
  },
];

function sourceKeyRules(channels: Group): ConfigProblem[] {
  return Object.entries(channels).flatMap(([id, value]) => {
    const channel = groupOf(value);
    const { source } = channel;
    if (source === undefined) return [];
    return sourceKeys
      .filter(
        ({ key, isFor }) => channel[key] !== undefined && !(typeof source === "string" && isFor(source)),
      )
      .map(({ key, sources }) => {
        const path = ["channels", id, key];
        return { path, found: foundText(channel[key], path), wanted: `no such key: only ${sources}` };
      });
  });
}

function listenRules(root: Group): ConfigProblem[] {
  const { listen } = root;
  const values = Array.isArray(listen) ? listOf(listen) : [listen];
  const problems: ConfigProblem[] = [];
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (typeof value !== "string" && typeof value !== "number") continue;
    const address: ListenAddress | undefined = parseListenAddress(value);
    if (address === undefined) continue;
    const path = Array.isArray(listen) ? ["listen", index] : ["listen"];
    const found = foundText(value, path);
    if (seen.has(listenText(address))) problems.push({ path, found, wanted: "each address once" });
    seen.add(listenText(address));
  }
  return problems;
}

function defaultChannelRule(root: Group, channels: Group): ConfigProblem[] {
  const wished = root["default_channel"];
  const ids = Object.keys(channels);
  if (typeof wished !== "string" || ids.some((id) => idKey(id) === idKey(wished))) return [];
  const wanted =
    ids.length === 0 ? "no such key while there are no channels" : `one of ${ids.slice(0, 20).join(", ")}`;
  return [{ path: ["default_channel"], found: quoted(wished), wanted }];
}

function notifyRule(root: Group, channels: Group): ConfigProblem[] {
  const ids = Object.keys(channels);
  const known = new Set(ids.map(idKey));
  const wanted =
    ids.length === 0 ? "no such id while there are no channels" : `one of ${ids.slice(0, 20).join(", ")}`;
  return listOf(root["notify"]).flatMap((entry, index) =>
    listOf(groupOf(entry)["channels"]).flatMap((id, place) => {
      if (typeof id !== "string" || known.has(idKey(id))) return [];
      return [{ path: ["notify", index, "channels", place], found: quoted(id), wanted }];
    }),
  );
}

function segmentRule(root: Group): ConfigProblem[] {
  const { target = "2s", max } = groupOf(root["segment"]);
  const { duration = "20s" } = groupOf(max);
  if (typeof target !== "string" || typeof duration !== "string") return [];
  const targetMs = parseDuration(target);
  const maxMs = parseDuration(duration);
  if (targetMs === undefined || maxMs === undefined || maxMs >= targetMs) return [];
  const wanted = `at least segment.target, which is ${target}`;
  return [{ path: ["segment", "max", "duration"], found: quoted(duration), wanted }];
}

/**
 * The rules between keys. They look at the contents as written, so that they speak up beside mistakes of other
 * kinds; what has the wrong type is left to the schema.
 */
export function ruleProblems(value: unknown, reserved: ReadonlySet<string>): ConfigProblem[] {
  const root = groupOf(value);
  const channels = groupOf(root["channels"]);
  return [
    ...listenRules(root),
    ...segmentRule(root),
    ...defaultChannelRule(root, channels),
    ...notifyRule(root, channels),
    ...channelIds(channels, reserved),
    ...formerIds(channels, reserved),
    ...sourceKeyRules(channels),
  ];
}
