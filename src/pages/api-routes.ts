import { z } from "zod";
import { declared, type Access, type Route } from "../access/policy.ts";
import { NightjarError } from "../platform/errors.ts";

/** A route as it is described for people and programs. */
export type ApiRoute = {
  method: string;
  /** With parameters as `{name}`. */
  path: string;
  /** Names of the path's parameters, in order. */
  parameters: readonly string[];
  role: Access;
  summary: string;
  description: string | undefined;
  tag: string;
  query: Readonly<Record<string, string>>;
  /** JSON Schema of the body; `undefined` when it takes none. */
  body: Record<string, unknown> | undefined;
};

const detailSchema = z.object({
  summary: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).default([]),
  query: z.record(z.string(), z.string()).default({}),
  hide: z.boolean().default(false),
});

/** The tag of a route that names none: of all below `/api` the same. */
const tagOf = (path: string): string => (path.startsWith("/api/") ? "api" : "server");

function bodyOf(hooks: unknown): Record<string, unknown> | undefined {
  const body: unknown = typeof hooks === "object" && hooks !== null ? Reflect.get(hooks, "body") : undefined;
  return body instanceof z.ZodType ? z.toJSONSchema(body, { io: "input" }) : undefined;
}

/**
 * The routes for programs, in order of path and method; those of pages are left out.
 * @throws NightjarError `internal` when one says nothing of itself
 */
export function apiRoutes(routes: readonly Route[]): ApiRoute[] {
  const found = routes.flatMap((route): ApiRoute[] => {
    const detail = detailSchema.parse(route.hooks?.detail ?? {});
    const access = declared(route);
    if (detail.hide || access === undefined) return [];
    const name = `${route.method} ${route.path}`;
    if (detail.summary === undefined) throw new NightjarError("internal", `${name} has no summary`);
    const path = route.path.replaceAll(/:(\w+)\??/g, "{$1}");
    return [
      {
        method: route.method,
        path,
        parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = ""]) => parameter),
        role: access.wanted,
        summary: detail.summary,
        description: detail.description,
        tag: detail.tags[0] ?? tagOf(path),
        query: detail.query,
        body: bodyOf(route.hooks),
      },
    ];
  });
  const once = new Map(found.map((route) => [`${route.path} ${route.method}`, route]));
  return [...once].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, route]) => route);
}
