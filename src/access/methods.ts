import { declared, type Route } from "./policy.ts";

type Pattern = { method: string; form: RegExp; isBelowName: boolean };

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A route's path, as Elysia takes it: `:name` and `:name?` are parts, `*` is all that follows. */
function formOf(path: string): RegExp {
  const parts = path.split("/").filter((part) => part !== "");
  const forms = parts.map((part) => {
    if (part === "*") return "/.*";
    const form = part
      .split(/(:\w+\??)/)
      .map((piece) => (piece.startsWith(":") ? "[^/]+" : escaped(piece)))
      .join("");
    return part.endsWith("?") ? `(?:/${form})?` : `/${form}`;
  });
  return new RegExp(`^${forms.join("")}/?$`);
}

const firstPart = (path: string): string => path.split("/")[1] ?? "";

/** Which methods an address takes, by the routes there are. */
export class MethodTable {
  readonly #patterns: readonly Pattern[];
  /** Parts of addresses that are no channel's name. */
  readonly #ownNames: ReadonlySet<string>;

  constructor(routes: readonly Route[]) {
    this.#ownNames = new Set(routes.map(({ path }) => firstPart(path)).filter((name) => !/^[:*]/.test(name)));
    this.#patterns = routes
      .filter((route) => declared(route)?.refuses !== true)
      .map(({ method, path }) => ({
        method,
        form: formOf(path),
        isBelowName: firstPart(path).startsWith(":"),
      }));
  }

  /** In the order of the routes, HEAD after GET; none of an address that there is not. */
  at(pathname: string): string[] {
    const isOwn = this.#ownNames.has(firstPart(pathname));
    const found = this.#patterns
      .filter(({ form, isBelowName }) => !(isOwn && isBelowName) && form.test(pathname))
      .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return [...new Set(found)];
  }
}
