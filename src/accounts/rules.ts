import { NightjarError } from "../platform/errors.ts";
import { roles, type Role } from "../access/policy.ts";

const NAME_CHARACTERS = 64;
const LEAST_CHARACTERS = 8;
const MOST_CHARACTERS = 200;

const namePattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@-]*$/u;

/** A text as it is kept and compared: keyboards differ in how they compose letters. */
const composed = (text: string): string => text.normalize("NFC");

/** A name as it is compared: without case. */
export const nameKey = (name: string): string => composed(name).toLowerCase();

/**
 * A name of a user or token as it is kept. Never holds a colon, which ends the user in Basic credentials (RFC 7617).
 * Throws `bad-request`.
 */
export function checkedName(name: string): string {
  const text = composed(name.trim());
  if (namePattern.test(text) && text.length <= NAME_CHARACTERS) return text;
  throw new NightjarError(
    "bad-request",
    `The name is ${JSON.stringify(text.slice(0, NAME_CHARACTERS))}; wanted: 1 to ${NAME_CHARACTERS} letters, digits and . _ @ -, a letter or digit first`,
  );
}

/** A password as it is hashed and compared. */
export const passwordText = (password: string): string => composed(password);

/** Whether it can be anybody's password. */
export const isPossiblePassword = (password: string): boolean => password.length <= MOST_CHARACTERS;

/** Throws `bad-request` that says what is wanted, and nothing of what was given but its length. */
export function checkPassword(password: string, name: string): void {
  const wrong = (text: string): NightjarError => new NightjarError("bad-request", text);
  const { length } = password;
  if (length < LEAST_CHARACTERS) {
    throw wrong(`The password has ${length} characters; wanted: at least ${LEAST_CHARACTERS}`);
  }
  if (length > MOST_CHARACTERS) {
    throw wrong(`The password has ${length} characters; wanted: at most ${MOST_CHARACTERS}`);
  }
  if (nameKey(password) === nameKey(name)) throw wrong("The password is the name; wanted: another one");
  if (/\p{Cc}/u.test(password)) throw wrong("The password holds control characters; wanted: none");
  // In its place stood bytes that are no UTF-8; a browser would send other ones.
  if (password.includes("\uFFFD")) {
    throw wrong("The password holds characters that can't be read; wanted: text in UTF-8");
  }
  if (new Set(password).size < 3) {
    throw wrong("The password repeats one or two characters; wanted: at least three different ones");
  }
}

/** A role by its name. Throws `bad-request`. */
export function checkedRole(role: string): Role {
  const found = roles.find((known) => known === role);
  if (found) return found;
  throw new NightjarError(
    "bad-request",
    `The role is ${JSON.stringify(role.slice(0, 40))}; wanted: ${roles.join(", ")}`,
  );
}
