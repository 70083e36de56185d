import { readFile, stat } from "node:fs/promises";
import { errorText, NightjarError, systemErrorCode } from "../../platform/errors.ts";
import { FileMistake, type FoundFile } from "./found.ts";
import { parseList } from "./lists.ts";
import { parsePvrIni } from "./pvr-ini.ts";

/** Ten thousand channels take less. */
const MAX_BYTES = 10_000_000;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** A list begins with a bracket, or is part of a program; everything else with a section is an ini file. */
const isIni = (file: string, text: string): boolean =>
  /\.(ini|cfg|conf)$/i.test(file) ||
  (/^[ \t]*\[[^\]\n"'{}]+\][ \t]*$/m.test(text) && !/^[\s\uFEFF]*[[{]\s*[[{"']/.test(text));

async function textOf(file: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const about = await stat(file);
    if (!about.isFile())
      throw new NightjarError("config", `${file}: found a folder or a device; wanted a file`);
    if (about.size > MAX_BYTES) {
      throw new NightjarError("config", `${file}: found ${about.size} bytes; wanted at most ${MAX_BYTES}`);
    }
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof NightjarError) throw error;
    const found =
      systemErrorCode(error) === "ENOENT" ? "found nothing there" : `can't be read: ${errorText(error)}`;
    throw new NightjarError("config", `${file}: ${found}; wanted a file of an earlier tool`, {
      cause: error,
    });
  }
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw new NightjarError("config", `${file}: found bytes that are no UTF-8; wanted text in UTF-8`, {
      cause: error,
    });
  }
}

/**
 * Reads a file of an earlier tool: what it is shows in its contents, not in its name.
 * @throws NightjarError `config` that names the file and the line, what was found and what is wanted
 */
export async function readForeignFile(file: string): Promise<FoundFile> {
  const text = await textOf(file);
  try {
    return isIni(file, text) ? parsePvrIni(text) : parseList(text);
  } catch (error) {
    if (!(error instanceof FileMistake)) throw error;
    const { line, found, wanted } = error;
    throw new NightjarError("config", `${file}:${line}: found ${found}; wanted ${wanted}`, { cause: error });
  }
}
