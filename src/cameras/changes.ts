import type { ChannelConfig, SourceConfig } from "../config/config.ts";
import type { KeyChange, KeyChanges } from "../config/edit-yaml.ts";
import { hasCredentials, shownAddress, splitAddress, joinAddress } from "./address.ts";
import { variantText } from "../config/hls-keys.ts";
import type { SecretText } from "../config/secret-text.ts";
import { formOfChannel, type CameraField, type CameraForm } from "./form.ts";
import { sourceUrl, type GivenSource } from "./given-source.ts";

const isRtsp = (source: SourceConfig): boolean => source.kind === "rtsp";

/** A whole number as such; nothing takes the key out. */
const numberOf = (text: string): number | undefined => (text === "" ? undefined : Number(text));
const textOf = (text: string): string | undefined => (text === "" ? undefined : text);

/** The keys of a new camera: only those that differ from what holds without them. */
export function newChannelKeys(form: CameraForm, id: string, given: GivenSource): KeyChanges {
  const keep = {
    ...(form.days === "" ? {} : { days: Number(form.days) }),
    ...(form.size === "" ? {} : { size: form.size }),
  };
  return {
    ...(form.name === id ? {} : { name: form.name }),
    source: given.text,
    ...(isRtsp(given.source) && form.transport !== "tcp" ? { transport: form.transport } : {}),
    ...present(ownKeys(given.source)),
    ...(form.audio ? {} : { audio: false }),
    ...(Object.keys(keep).length === 0 ? {} : { keep }),
    ...(form.timezone === "" ? {} : { timezone: form.timezone }),
    ...(form.enabled ? {} : { enabled: false }),
  };
}

/** The keys that HLS sources and watched folders have of their own; `undefined` for what holds without one. */
function ownKeys(source: SourceConfig): { [key: string]: KeyChange } {
  if (source.kind === "folder") return { manage: source.manage ? true : undefined };
  if (source.kind !== "hls") return {};
  const { variant, headers, allowPrivate } = source;
  return {
    variant: variant === "highest" ? undefined : variantText(variant),
    headers: headers.size === 0 ? undefined : revealed(headers),
    allow_private: allowPrivate ? true : undefined,
  };
}

const revealed = (headers: ReadonlyMap<string, SecretText>): Record<string, string> =>
  Object.fromEntries([...headers].map(([name, value]) => [name, value.reveal()]));

const present = (keys: KeyChanges): KeyChanges =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));

/** Headers by their names: those that are not there any more are taken out, those that stay are left alone. */
function headerChanges(before: KeyChange, after: KeyChange): KeyChanges {
  if (after === undefined) return before === undefined ? {} : { headers: undefined };
  const [old, next] = [before ?? {}, after] as [Record<string, string>, Record<string, string>];
  const gone = Object.keys(old).filter((name) => !(name in next));
  const set = Object.entries(next).filter(([name, value]) => old[name] !== value);
  const changes = Object.fromEntries([...gone.map((name) => [name, undefined] as const), ...set]);
  return Object.keys(changes).length === 0 ? {} : { headers: changes };
}

/** The keys of its own that another source has otherwise, or no longer has. */
function ownChanges(before: SourceConfig, after: SourceConfig): KeyChanges {
  const { headers: oldHeaders, ...old } = ownKeys(before);
  const { headers, ...next } = ownKeys(after);
  const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(
    (key) => old[key] !== next[key],
  );
  return {
    ...Object.fromEntries(keys.map((key) => [key, next[key]])),
    ...headerChanges(oldHeaders, headers),
  };
}

/** Only cameras have a transport, and TCP needs no key. */
function transportChange(form: CameraForm, before: SourceConfig, after: SourceConfig): KeyChanges {
  const wanted = isRtsp(after) && form.transport !== "tcp" ? form.transport : undefined;
  const current = before.kind === "rtsp" && before.transport !== "tcp" ? before.transport : undefined;
  const losesIt = isRtsp(before) && !isRtsp(after);
  return wanted === current && !losesIt ? {} : { transport: wanted };
}

/** The key of the file that a field is for. */
export const keyOfField = {
  name: "name",
  address: "source",
  folder: "source",
  variant: "variant",
  headers: "headers",
  allowPrivate: "allow_private",
  manage: "manage",
  transport: "transport",
  days: "keep.days",
  size: "keep.size",
  timezone: "timezone",
  audio: "audio",
  enabled: "enabled",
} as const satisfies Partial<Record<CameraField, string>>;

/** The form without what was said in fields whose keys the environment sets: those can't be changed in the file. */
export function withoutFixed(
  form: CameraForm,
  shown: CameraForm,
  fixed: ReadonlyMap<string, string>,
): CameraForm {
  const fields = Object.entries(keyOfField).filter(([, key]) => fixed.has(key));
  return { ...form, ...Object.fromEntries(fields.map(([field]) => [field, shown[field as CameraField]])) };
}

/**
 * The keys that a form changes; empty when it changes none. Keys that are not in the form stay.
 * @param options.zone the server's own
 * @param options.given the source of the form; absent where it has none
 */
export function changedKeys(
  form: CameraForm,
  before: ChannelConfig,
  { zone, given }: { zone: string; given?: GivenSource | undefined },
): KeyChanges {
  const shown = formOfChannel(before, zone);
  const isChanged = (field: CameraField): boolean => form[field] !== shown[field];
  const keep = {
    ...(isChanged("days") ? { days: numberOf(form.days) } : {}),
    ...(isChanged("size") ? { size: textOf(form.size) } : {}),
  };
  const hasNewSource = given !== undefined && given.text !== sourceUrl(before.source);
  return {
    ...(isChanged("name") ? { name: form.name === before.id ? undefined : form.name } : {}),
    ...(hasNewSource ? { source: given.text } : {}),
    ...transportChange(form, before.source, given?.source ?? before.source),
    ...(given === undefined ? {} : ownChanges(before.source, given.source)),
    ...(isChanged("audio") ? { audio: form.audio } : {}),
    ...(Object.keys(keep).length === 0 ? {} : { keep }),
    ...(isChanged("timezone") ? { timezone: textOf(form.timezone) } : {}),
    ...(isChanged("enabled") ? { enabled: form.enabled } : {}),
  };
}

/** The same keys for people to paste: with words in the place of user name, password and the values of headers. */
export function pasteableKeys(keys: KeyChanges): KeyChanges {
  const { source, headers } = keys;
  const values = typeof headers === "object" && !Array.isArray(headers) ? (headers as KeyChanges) : undefined;
  const named = values && Object.fromEntries(Object.keys(present(values)).map((name) => [name, "VALUE"]));
  const shown = named ? { ...keys, headers: named } : keys;
  if (typeof source !== "string" || !hasCredentials(source)) return shown;
  const { scheme, rest } = splitAddress(shownAddress(source));
  return { ...shown, source: joinAddress({ scheme, user: "USER", password: "PASSWORD", rest }) };
}
