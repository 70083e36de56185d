import { channelIdProblem, idKey } from "./channel-id.ts";
import { withLatinLetters } from "./latin-letters.ts";

const MAX_CHARACTERS = 40;

function plainOf(name: string): string {
  const plain = withLatinLetters(name.toLowerCase()).replaceAll(/[^a-z0-9]+/g, "-");
  return plain.slice(0, MAX_CHARACTERS).replaceAll(/^-+|-+$/g, "");
}

/**
 * An id for a channel of this name: small letters, digits and hyphens; never one that is taken or that can't be
 * an id. `Haustür` becomes `haustur`, a second one `haustur-2`.
 */
export function channelIdOf(name: string, taken: Iterable<string>, reserved: ReadonlySet<string>): string {
  const used = new Set([...taken].map(idKey));
  const plain = plainOf(name) || "camera";
  const base = channelIdProblem(plain, reserved) === undefined ? plain : `${plain}-camera`;
  let id = base;
  for (let count = 2; used.has(idKey(id)); count += 1) id = `${base}-${count}`;
  return id;
}
