import { channelIdProblem, idKey } from "../config/channel-id.ts";
import { channelNamePattern } from "../config/channel-name.ts";
import { channelIdOf } from "../config/channel-slug.ts";
import { type ChannelConfig, type SourceConfig, transports } from "../config/config.ts";
import { parseSize, formatSize } from "../config/size.ts";
import { parseSource, sourceText } from "../config/source-address.ts";
import { isZone } from "../platform/zone.ts";
import { addressOf, shownAddress } from "./address.ts";

/** A camera as its form has it: texts as typed. User name and password are never put into a form again. */
export type CameraForm = {
  name: string;
  id: string;
  address: string;
  user: string;
  password: string;
  transport: string;
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

/** Reads the fields; what is missing is empty. A box that is not ticked is not sent at all. */
export function formOf(fields: URLSearchParams): CameraForm {
  const text = (name: string) => (fields.get(name) ?? "").slice(0, MAX_CHARACTERS);
  return {
    name: text("name").trim(),
    id: text("id").trim(),
    address: text("address").trim(),
    user: text("user"),
    password: text("password"),
    transport: text("transport") || "tcp",
    days: text("days").trim(),
    size: text("size").trim(),
    timezone: text("timezone").trim(),
    audio: fields.has("audio"),
    enabled: fields.has("enabled"),
  };
}

/** The form of a camera that is not there yet. */
export const emptyForm: CameraForm = {
  name: "",
  id: "",
  address: "",
  user: "",
  password: "",
  transport: "tcp",
  days: "7",
  size: "",
  timezone: "",
  audio: true,
  enabled: true,
};

/** The text of a source, with its password; `undefined` for a program, which no form can hold. */
export function sourceUrl(source: SourceConfig): string | undefined {
  switch (source.kind) {
    case "exec":
      return undefined;
    case "demo":
    case "upload":
    case "folder":
      return sourceText(source);
    case "rtsp":
    case "url":
    case "hls":
      return source.url.reveal();
  }
}

/** The form of a channel. `zone` is the server's own. */
export function formOfChannel(channel: ChannelConfig, zone: string): CameraForm {
  const { source, keep } = channel;
  const url = sourceUrl(source);
  return {
    ...emptyForm,
    name: channel.name,
    id: channel.id,
    address: url === undefined ? "" : shownAddress(url),
    transport: source.kind === "rtsp" ? source.transport : "tcp",
    days: keep.days === undefined ? "" : String(keep.days),
    size: keep.maxBytes === undefined ? "" : formatSize(keep.maxBytes),
    timezone: channel.zone === zone ? "" : channel.zone,
    audio: channel.audio,
    enabled: channel.enabled,
  };
}

/** The source that a form means: as text for the file, and read. */
export type GivenSource = { text: string; source: SourceConfig };

/** `rtsp:/host/path` is no host called `rtsp`, but `//` with a slash forgotten. */
const lacksSlash = /^[a-z][a-z0-9+.-]*:\/(?!\/)[^@]*$/i;

/**
 * The source of a form.
 * @param known the URL until now, whose user name and password are kept where none are typed
 */
export function sourceOf(form: CameraForm, known?: string): GivenSource | { mistakes: Mistakes } {
  if (form.address === "") {
    return {
      mistakes: { address: "The address is missing: the camera's IP address or its rtsp:// address." },
    };
  }
  if (/^(demo|exec):/i.test(form.address) || lacksSlash.test(form.address)) return read(form.address, form);
  const result = addressOf(form, known === undefined ? undefined : { url: known });
  if ("needsPassword" in result) {
    return {
      mistakes: {
        password:
          "The address leads to another machine now. Type user name and password again: those that are kept are not sent there.",
      },
    };
  }
  return read(result.url, form);
}

function read(text: string, { transport }: CameraForm): GivenSource | { mistakes: Mistakes } {
  const chosen = transports.find((name) => name === transport);
  if (chosen === undefined) return { mistakes: { transport: "The transport is TCP or UDP." } };
  const result = parseSource(text, { transport: chosen });
  if ("wanted" in result)
    return { mistakes: { address: `This address can't be used; wanted: ${result.wanted}.` } };
  return { text, source: result.source };
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
