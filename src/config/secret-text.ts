import { inspect } from "node:util";

/** A text that may hold a password. Printed, logged or made into JSON, it shows its harmless form only. */
export class SecretText {
  /** What people may see of it. */
  readonly shown: string;
  readonly #secret: string;

  constructor(secret: string, shown: string) {
    this.#secret = secret;
    this.shown = shown;
  }

  /** The whole text, for the one place that needs it. Never for logs, messages or argument lists. */
  reveal(): string {
    return this.#secret;
  }

  toString(): string {
    return this.shown;
  }

  toJSON(): string {
    return this.shown;
  }

  [inspect.custom](): string {
    return this.shown;
  }
}

/**
 * A source's address without user name, password and query, also when it is malformed: everything up to the last
 * `@`, and everything from a `?` or `#` on, may be secret.
 */
export function redactSource(text: string): string {
  const [scheme = ""] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? [];
  const rest = text.slice(scheme.length);
  const shown = rest.slice(rest.lastIndexOf("@") + 1);
  const end = shown.search(/[?#]/);
  return scheme + (end < 0 ? shown : `${shown.slice(0, end)}?…`);
}
