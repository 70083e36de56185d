import type { ChannelConfig, SourceConfig } from "../config/config.ts";
import type { KeyChanges } from "../config/edit-yaml.ts";
import { hasCredentials, shownAddress, splitAddress, joinAddress } from "./address.ts";
import { formOfChannel, sourceUrl, type CameraField, type CameraForm, type GivenSource } from "./form.ts";

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
    ...(form.audio ? {} : { audio: false }),
    ...(Object.keys(keep).length === 0 ? {} : { keep }),
    ...(form.timezone === "" ? {} : { timezone: form.timezone }),
    ...(form.enabled ? {} : { enabled: false }),
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
    ...(isChanged("audio") ? { audio: form.audio } : {}),
    ...(Object.keys(keep).length === 0 ? {} : { keep }),
    ...(isChanged("timezone") ? { timezone: textOf(form.timezone) } : {}),
    ...(isChanged("enabled") ? { enabled: form.enabled } : {}),
  };
}

/** The same keys for people to paste: with words in the place of user name and password. */
export function pasteableKeys(keys: KeyChanges): KeyChanges {
  const { source } = keys;
  if (typeof source !== "string" || !hasCredentials(source)) return keys;
  const { scheme, rest } = splitAddress(shownAddress(source));
  return { ...keys, source: joinAddress({ scheme, user: "USER", password: "PASSWORD", rest }) };
}
