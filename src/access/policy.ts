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
export type RouteDetail = { summary?: string; description?: string; tags?: string[]; hide?: boolean };

/** A route as Elysia lists it. */
type Route = { method: string; path: string; hooks?: { detail?: unknown } | undefined };

function declared(route: Route): Access | undefined {
  const detail = route.hooks?.detail;
  if (typeof detail !== "object" || detail === null) return undefined;
  const value: unknown = Reflect.get(detail, KEY);
  return value === "anyone" ? value : roles.find((role) => role === value);
}

/** Declarations of all routes. What isn't declared is denied. */
export class AccessTable {
  readonly #declared = new Map<string, Access>();
  /** Routes without a declaration, as `GET /path`. */
  readonly undeclared: readonly string[];

  constructor(routes: readonly Route[]) {
    const undeclared: string[] = [];
    for (const route of routes) {
      const wanted = declared(route);
      if (wanted) this.#declared.set(`${route.method} ${route.path}`, wanted);
      else undeclared.push(`${route.method} ${route.path}`);
    }
    this.undeclared = undeclared;
  }

  /** Lets the request pass, or throws `forbidden`. */
  check(method: string, path: string, role: Role | undefined): void {
    const wanted = this.#declared.get(`${method} ${path}`);
    if (wanted === "anyone") return;
    if (wanted === undefined) throw new NightjarError("forbidden", "Nobody may use this address");
    if (role === undefined) throw new NightjarError("forbidden", "This needs an account");
    if (roles.indexOf(role) < roles.indexOf(wanted)) {
      throw new NightjarError("forbidden", `This needs the role ${wanted}; yours is ${role}`);
    }
  }
}
