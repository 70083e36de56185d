import { FileMistake } from "./found.ts";

/** One key of an ini file. */
export type IniEntry = {
  section: string;
  /** In small letters, as Python's configparser has it. */
  key: string;
  value: string;
  /** From 1. */
  line: number;
};

/**
 * Reads an ini file as Python's configparser does: `key = value` and `key: value`, comments that begin a line with `#`
 * or `;`, values that go on in indented lines. Throws `FileMistake`; no message holds a value.
 */
export function parseIni(text: string): IniEntry[] {
  const entries: IniEntry[] = [];
  const seen = new Set<string>();
  let section: string | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === "" || /^[#;]/.test(content)) continue;
    const last = entries.at(-1);
    if (/^\s/.test(raw) && last !== undefined && last.section === section) {
      last.value = `${last.value}\n${content}`.trim();
      continue;
    }
    const header = /^\[([^\]]+)\]$/.exec(content)?.[1];
    if (header !== undefined) {
      section = header.trim();
      continue;
    }
    const [, name = "", value = ""] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (name === "") {
      throw new FileMistake(line, "a line that is no section and no key", "[section] or key = value");
    }
    if (section === undefined)
      throw new FileMistake(line, "a key before any section", "a [section] above it");
    const key = name.toLowerCase();
    const place = `${section}\n${key}`;
    if (seen.has(place))
      throw new FileMistake(line, `the key ${key} a second time`, "each key once in a section");
    seen.add(place);
    entries.push({ section, key, value, line });
  }
  return entries;
}
