import { channelIdProblem, idKey } from "../config/channel-id.ts";
import { channelNamePattern } from "../config/channel-name.ts";
import { channelIdOf } from "../config/channel-slug.ts";
import type { ChannelConfig } from "../config/config.ts";
import { variantText } from "../config/hls-keys.ts";
import { parseSize, formatSize } from "../config/size.ts";
import { isByFiles } from "../config/source-kinds.ts";
import { isZone } from "../platform/zone.ts";
import { shownAddress } from "./address.ts";
import { sourceUrl } from "./given-source.ts";
import { hiddenHeaders } from "./header-lines.ts";

/** What a form is for: an address that Nightjar connects to, files that clients send, or a folder that is watched. */
export const formKinds = ["address", "upload", "folder"] as const;
export type FormKind = (typeof formKinds)[number];

/** A camera as its form has it: texts as typed. User name and password are never put into a form again. */
export type CameraForm = {
  kind: FormKind;
  name: string;
  id: string;
  address: string;
  user: string;
  password: string;
  transport: string;
  /** Of an HLS source: which of its variants. */
  variant: string;
  /** Of an HLS source: a line `Name: value` for each header; a value that is kept is `…`. */
  headers: string;
  allowPrivate: boolean;
  /** Absolute path of a watched folder. */
  folder: string;
  /** Whether old files of that folder are deleted. */
  manage: boolean;
  days: string;
  size: string;
  timezone: string;
  audio: boolean;
  enabled: boolean;
};

export type CameraField = keyof CameraForm;
/** What is wrong, by field, each in a sentence. */
export type Mistakes = Partial<Record<CameraField, string>>;

const MAX_CHARACTERS = 2000;
/** Cookies and tokens are long, and there may be several. */
const MAX_HEADER_CHARACTERS = 20_000;

/** The kind of form that a field or a query names; an address without a known one. */
export const formKindOf = (text: string | null): FormKind =>
  formKinds.find((kind) => kind === text) ?? "address";

/** Reads the fields; what is missing is empty. A box that is not ticked is not sent at all. */
export function formOf(fields: URLSearchParams): CameraForm {
  const text = (name: string) => (fields.get(name) ?? "").slice(0, MAX_CHARACTERS);
  return {
    kind: formKindOf(fields.get("kind")),
    name: text("name").trim(),
    id: text("id").trim(),
    address: text("address").trim(),
    user: text("user"),
    password: text("password"),
    transport: text("transport") || "tcp",
    variant: text("variant").trim(),
    headers: (fields.get("headers") ?? "").slice(0, MAX_HEADER_CHARACTERS).trim(),
    allowPrivate: fields.has("allowPrivate"),
    folder: text("folder").trim(),
    manage: fields.has("manage"),
    days: text("days").trim(),
    size: text("size").trim(),
    timezone: text("timezone").trim(),
    audio: fields.has("audio"),
    enabled: fields.has("enabled"),
  };
}

/** The form of a camera that is not there yet. */
export const emptyForm: CameraForm = {
  kind: "address",
  name: "",
  id: "",
  address: "",
  user: "",
  password: "",
  transport: "tcp",
  variant: "",
  headers: "",
  allowPrivate: false,
  folder: "",
  manage: false,
  days: "7",
  size: "",
  timezone: "",
  audio: true,
  enabled: true,
};

/** The form of a channel. `zone` is the server's own. */
export function formOfChannel(channel: ChannelConfig, zone: string): CameraForm {
  const { source, keep } = channel;
  const url = isByFiles(source.kind) ? undefined : sourceUrl(source);
  return {
    ...emptyForm,
    kind: source.kind === "upload" || source.kind === "folder" ? source.kind : "address",
    name: channel.name,
    id: channel.id,
    address: url === undefined ? "" : shownAddress(url),
    transport: source.kind === "rtsp" ? source.transport : "tcp",
    ...(source.kind === "hls"
      ? {
          variant: source.variant === "highest" ? "" : variantText(source.variant),
          headers: hiddenHeaders(source.headers.keys()),
          allowPrivate: source.allowPrivate,
        }
      : {}),
    ...(source.kind === "folder" ? { folder: source.path, manage: source.manage } : {}),
    days: keep.days === undefined ? "" : String(keep.days),
    size: keep.maxBytes === undefined ? "" : formatSize(keep.maxBytes),
    timezone: channel.zone === zone ? "" : channel.zone,
    audio: channel.audio,
    enabled: channel.enabled,
  };
}

export type FormContext = {
  /** Ids of all channels but this one, former ids among them. */
  taken: readonly string[];
  reserved: ReadonlySet<string>;
};

/** The id of a new camera: as typed, or made of its name. */
export const newIdOf = (form: CameraForm, { taken, reserved }: FormContext): string =>
  form.id === "" ? channelIdOf(form.name, taken, reserved) : form.id;

/** What is wrong with the fields beside the source. */
export function formMistakes(form: CameraForm, id: string, { taken, reserved }: FormContext): Mistakes {
  const mistakes: Mistakes = {};
  if (form.name === "") mistakes.name = "A name is missing, such as “Front door”.";
  else if (form.name.length > 100) {
    mistakes.name = `The name has ${form.name.length} characters; wanted: at most 100.`;
  } else if (!channelNamePattern.test(form.name)) {
    mistakes.name = "The name holds characters that can't be shown; wanted: a text on one line.";
  }
  const wanted = channelIdProblem(id, reserved);
  if (wanted !== undefined) mistakes.id = `“${id.slice(0, 80)}” can't be the id; wanted: ${wanted}.`;
  else if (taken.some((other) => idKey(other) === idKey(id))) {
    mistakes.id = `Another camera has, or had, the id “${id}”; wanted: another one.`;
  }
  if (form.days !== "" && !(/^\d{1,5}$/.test(form.days) && Number(form.days) <= 36_500)) {
    mistakes.days = "Wanted: a whole number of days from 0 to 36500, or nothing.";
  }
  const sizeBytes = form.size === "" ? 10e6 : parseSize(form.size);
  if (sizeBytes === undefined || sizeBytes < 10e6 || sizeBytes > 1e15) {
    mistakes.size = "Wanted: a size such as 50GB or 1TB, or nothing.";
  }
  if (form.timezone !== "" && !isZone(form.timezone)) {
    mistakes.timezone = "Wanted: a time zone such as Europe/Berlin or UTC, or nothing.";
  }
  return mistakes;
}
