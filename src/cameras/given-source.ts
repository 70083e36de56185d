import { pathToFileURL } from "node:url";
import { type SourceConfig, transports } from "../config/config.ts";
import { parseVariant, variantWanted } from "../config/hls-keys.ts";
import type { SecretText } from "../config/secret-text.ts";
import { isHlsAddress, parseSource, type SourceOptions, sourceText } from "../config/source-address.ts";
import { addressOf, hostOf, splitAddress } from "./address.ts";
import type { CameraForm, Mistakes } from "./form.ts";
import { parseHeaders } from "./header-lines.ts";

/** The text of a source, with its password; `undefined` for a program, which no form can hold. */
export function sourceUrl(source: SourceConfig): string | undefined {
  switch (source.kind) {
    case "exec":
      return undefined;
    case "demo":
    case "upload":
      return sourceText(source);
    case "folder":
      return pathToFileURL(source.path).href;
    case "rtsp":
    case "url":
    case "hls":
      return source.url.reveal();
  }
}

/** The source that a form means: as text for the file, and read. */
export type GivenSource = { text: string; source: SourceConfig };

/** `rtsp:/host/path` is no host called `rtsp`, but `//` with a slash forgotten. */
const lacksSlash = /^[a-z][a-z0-9+.-]*:\/(?!\/)[^@]*$/i;

/**
 * The source of a form.
 * @param known the source until now, whose user name, password and headers are kept where none are typed
 */
export function sourceOf(form: CameraForm, known?: GivenSource): GivenSource | { mistakes: Mistakes } {
  if (form.kind === "upload") return { text: "upload", source: { kind: "upload" } };
  if (form.kind === "folder") return folderOf(form);
  if (form.address === "") {
    return {
      mistakes: { address: "The address is missing: the camera's IP address or its rtsp:// address." },
    };
  }
  if (/^(demo|exec):/i.test(form.address) || lacksSlash.test(form.address)) return read(form.address, form);
  const result = addressOf(form, known === undefined ? undefined : { url: known.text });
  if ("needsPassword" in result) {
    return {
      mistakes: {
        password:
          "The address leads to another machine now. Type user name and password again: those that are kept are not sent there.",
      },
    };
  }
  return read(result.url, form, known);
}

/** A watched folder: its path, or its address as the configuration has it. */
function folderOf({ folder, manage }: CameraForm): GivenSource | { mistakes: Mistakes } {
  const wanted = "wanted: an absolute path on this machine, such as /srv/www/yard.";
  if (folder === "") return { mistakes: { folder: `The folder is missing; ${wanted}` } };
  const text = /^file:/i.test(folder) ? folder : folder.startsWith("/") ? pathToFileURL(folder).href : "";
  const result = text === "" ? { wanted } : parseSource(text, { manage });
  if ("wanted" in result) return { mistakes: { folder: `This is no folder that can be watched; ${wanted}` } };
  return { text, source: result.source };
}

/** The headers of a form. Those that are kept go to the host alone that they were given for. */
function headersOf(
  { headers: lines }: CameraForm,
  text: string,
  known: GivenSource | undefined,
): ReturnType<typeof parseHeaders> {
  const isSameHost = known !== undefined && hostOf(splitAddress(known.text)) === hostOf(splitAddress(text));
  const kept =
    isSameHost && known.source.kind === "hls" ? known.source.headers : new Map<string, SecretText>();
  return parseHeaders(lines, kept);
}

function read(text: string, form: CameraForm, known?: GivenSource): GivenSource | { mistakes: Mistakes } {
  const chosen = transports.find((name) => name === form.transport);
  if (chosen === undefined) return { mistakes: { transport: "The transport is TCP or UDP." } };
  const options = isHlsAddress(text) ? hlsOptions(text, form, known) : { transport: chosen };
  if ("mistakes" in options) return options;
  const result = parseSource(text, options);
  if ("wanted" in result)
    return { mistakes: { address: `This address can't be used; wanted: ${result.wanted}.` } };
  return { text, source: result.source };
}

/** What the form says of an HLS source. */
function hlsOptions(
  text: string,
  form: CameraForm,
  known: GivenSource | undefined,
): SourceOptions | { mistakes: Mistakes } {
  const variant = form.variant === "" ? "highest" : parseVariant(form.variant);
  if (variant === undefined) return { mistakes: { variant: `Wanted: ${variantWanted}, or nothing.` } };
  const read = headersOf(form, text, known);
  if ("mistake" in read) return { mistakes: { headers: read.mistake } };
  return { variant, headers: read.headers, allowPrivate: form.allowPrivate };
}
