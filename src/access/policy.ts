import { NightjarError } from "../platform/errors.ts";

/** Who may use a route; each role may do all that the ones before it may. */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** `anyone` needs no role: what a person meets before signing in. */
export type Access = Role | "anyone";

const KEY = "x-access";

/**
 * What a route declares, to be spread into its hooks: `.get("/health", handler, { ...access("viewer") })`. It
 * travels in the route's OpenAPI description, whose other fields are `detail`.
 */
export const access = (wanted: Access, detail: RouteDetail = {}): { detail: RouteDetail } => ({
  detail: { ...detail, [KEY]: wanted } as RouteDetail,
});

/** What a route says of itself besides: fields of an OpenAPI operation. */
export type RouteDetail = {
  summary?: string;
  description?: string;
  tags?: string[];
  /** Parameters of the query, each with what it means; all may be left out. */
  query?: Readonly<Record<string, string>>;
  /** A page or a part of one: not described for programs. */
  hide?: boolean;
  /** It only says that its method is not possible there. */
  refuses?: boolean;
};

/** A route as Elysia lists it. */
export type Route = { method: string; path: string; hooks?: { detail?: unknown } | undefined };

type Declaration = { wanted: Access; tags: readonly string[]; refuses: boolean };

/** What a route declares of itself; `undefined` when it doesn't say who may use it. */
export function declared(route: Route): Declaration | undefined {
  const detail = route.hooks?.detail;
  if (typeof detail !== "object" || detail === null) return undefined;
  const value: unknown = Reflect.get(detail, KEY);
  const wanted = value === "anyone" ? value : roles.find((role) => role === value);
  const tags: unknown = Reflect.get(detail, "tags");
  const refuses = Reflect.get(detail, "refuses") === true;
  return (
    wanted && {
      wanted,
      tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
      refuses,
    }
  );
}

/** What a ticket opens: what players read, and nothing else. */
const TICKET_TAGS = new Set(["playback", "media", "stills"]);

/** Declarations of all routes. What isn't declared is denied. */
export class AccessTable {
  readonly #declared = new Map<string, Declaration>();
  /** Routes without a declaration, as `GET /path`. */
  readonly undeclared: readonly string[];

  constructor(routes: readonly Route[]) {
    const undeclared: string[] = [];
    for (const route of routes) {
      const found = declared(route);
      if (found) this.#declared.set(`${route.method} ${route.path}`, found);
      else undeclared.push(`${route.method} ${route.path}`);
    }
    this.undeclared = undeclared;
  }

  /**
   * Lets the request pass, or throws `unauthorized` for a stranger and `forbidden` for one who may not.
   * @param hasTicket the address carries a ticket, whether or not it is good
   */
  check(method: string, path: string, identity: { role: Role } | undefined, hasTicket = false): void {
    const found = this.#declared.get(`${method} ${path}`);
    if (found === undefined) throw new NightjarError("forbidden", "Nobody may use this address");
    const { wanted, tags } = found;
    if (hasTicket && (method !== "GET" || !tags.some((tag) => TICKET_TAGS.has(tag)))) {
      throw new NightjarError("forbidden", "An address for players opens playlists, media and stills only");
    }
    if (wanted === "anyone") return;
    if (identity === undefined) throw hasTicket ? staleTicket() : stranger();
    if (roles.indexOf(identity.role) < roles.indexOf(wanted)) {
      throw new NightjarError("forbidden", `This needs the role ${wanted}; yours is ${identity.role}`);
    }
  }
}

const stranger = (): NightjarError =>
  new NightjarError("unauthorized", "This needs an account: sign in", {
    details: ["Players: put user and password, or a token as the password, into the address or the player"],
  });

const staleTicket = (): NightjarError =>
  new NightjarError("unauthorized", "This address for players is no longer good", {
    details: ["It ends after 30 days, and when the password changes: sign in and copy it again"],
  });
