import { NightjarError } from "./errors.ts";

const MOST_CHARACTERS = 1000;

const CANCEL = "\u0003";
const END = "\u0004";
const CLEAR = "\u0015";
const ERASE = new Set(["\u007F", "\b"]);
const ENTER = new Set(["\r", "\n"]);

/** One line typed at the terminal, not shown. Throws `bad-request` when the person gives up. */
async function typedLine(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  process.stdin.setRawMode(true);
  process.stdin.setEncoding("utf8");
  let text = "";
  try {
    for await (const chunk of process.stdin.iterator({ destroyOnReturn: false })) {
      for (const character of String(chunk)) {
        if (ENTER.has(character)) return text;
        if (character === CANCEL || character === END) throw new NightjarError("bad-request", "Given up");
        if (character === CLEAR) text = "";
        else if (ERASE.has(character)) text = Array.from(text).slice(0, -1).join("");
        else if (text.length < MOST_CHARACTERS) text += character;
      }
    }
    return text;
  } finally {
    process.stdin.setRawMode(false);
    process.stdin.pause();
    process.stderr.write("\n");
  }
}

/** The first line of what another program writes to standard input. */
async function pipedLine(): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of Bun.stdin.stream()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n") || text.length > MOST_CHARACTERS) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/**
 * A new password: typed twice without being shown or, where nobody sits at a terminal, the first line of standard
 * input. Throws `bad-request` when the two differ or the person gives up.
 */
export async function readPassword(what: string): Promise<string> {
  if (!process.stdin.isTTY) return await pipedLine();
  const password = await typedLine(`${what}: `);
  if ((await typedLine("Once more: ")) === password) return password;
  throw new NightjarError("bad-request", "The two passwords differ");
}

/** A line with names of others in it, such as of files: control characters, which terminals obey, are told and not sent. */
export const printable = (line: string): string =>
  line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${code}`;
  });
