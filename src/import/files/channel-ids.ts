import { channelIdProblem, idKey } from "../../config/channel-id.ts";
import { withLatinLetters } from "../../config/latin-letters.ts";

const MAX_CHARACTERS = 64;
/** Left free for what is added when the id is taken. */
const ROOM = 8;

/** The name with what ids may hold; case and everything else stays, as people's addresses have it. */
function plainOf(name: string): string {
  const plain = withLatinLetters(name).replaceAll(/[^A-Za-z0-9_-]+/g, "-");
  return plain.replace(/^[^A-Za-z0-9]+/, "").replace(/-+$/, "");
}

export type ChosenId = {
  id: string;
  /** Why it is not the name itself, in words. */
  why?: string;
};

/**
 * The id for a channel of another tool: its name there, where that can be an id. Otherwise what is left of it, with
 * `-channel` behind a word that can't be one and a number behind one that is taken.
 * @param isTaken whether a channel has the id, compared without case
 */
export function chooseId(
  name: string,
  isTaken: (key: string) => boolean,
  reserved: ReadonlySet<string>,
): ChosenId {
  const plain = plainOf(name).slice(0, MAX_CHARACTERS);
  const named = plain === "" ? "channel" : plain;
  const isUsable = channelIdProblem(named, reserved) === undefined;
  const base = isUsable ? named : `${named.slice(0, MAX_CHARACTERS - ROOM)}-channel`;
  const reasons: string[] = [];
  if (name === "") reasons.push("its address names none");
  else if (plain !== name) reasons.push(`${JSON.stringify(name)} can't be an id`);
  if (!isUsable) reasons.push(`addresses of Nightjar begin with ${named}`);
  let id = base;
  for (let count = 2; isTaken(idKey(id)); count += 1) id = `${base.slice(0, MAX_CHARACTERS - ROOM)}-${count}`;
  if (id !== base) reasons.push(`${base} is taken`);
  return reasons.length === 0 ? { id } : { id, why: reasons.join("; ") };
}
