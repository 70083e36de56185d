import { Elysia } from "elysia";
import { access, type Route } from "../access/policy.ts";
import { version } from "../platform/version.ts";
import { apiRoutes, type ApiRoute } from "./api-routes.ts";

/** What the parameters of paths mean, wherever they stand. */
const pathParameters: Readonly<Record<string, string>> = {
  channel: "Id of a channel",
  date: "A date, YYYY-MM-DD",
  job: "Number of a job",
  day: "today, a number from 0 (the latest Monday) to 6, or a date",
  dayOfMonth: "Day of the month, 1 to 31, padded or not",
  year: "Year, four digits",
  month: "Month, 1 to 12, padded or not",
  hour: "Hour, 0 to 23, padded or not",
  minute: "Minute, padded or not",
  second: "Second, padded or not; with .gif behind it for the GIF",
  length: "Whole seconds, 4 to 20",
  delay: "Whole seconds, 0 to 10",
  name: "Name of a file, as playlists list it",
  place: "Place in a manifest, as it lists it",
  tail: "Times in whole seconds and the ending, as the summary shows them",
};

const errorSchema = {
  type: "object",
  required: ["error", "message", "details"],
  properties: {
    error: { type: "string", description: "Kind of the error, such as bad-request or not-found" },
    message: { type: "string", description: "What was found and what is wanted" },
    details: { type: "array", items: { type: "string" }, description: "Further lines for people" },
  },
};

const login = [{ basic: [] }, { token: [] }, { session: [] }];

function operation(route: ApiRoute): Record<string, unknown> {
  const { parameters, query, body, role, summary, description, tag } = route;
  const words = `${route.method} ${route.path}`.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return {
    operationId: words.join("-"),
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    "x-role": role,
    security: role === "anyone" ? [] : login,
    parameters: [
      ...parameters.map((name) => ({
        name,
        in: "path",
        required: true,
        description: pathParameters[name] ?? name,
        schema: { type: "string" },
      })),
      ...Object.entries(query).map(([name, meaning]) => ({
        name,
        in: "query",
        required: false,
        description: meaning,
        schema: { type: "string" },
      })),
    ],
    ...(body ? { requestBody: { required: true, content: { "application/json": { schema: body } } } } : {}),
    responses: {
      "2XX": { description: "What was asked for" },
      "4XX": { $ref: "#/components/responses/Error" },
      "5XX": { $ref: "#/components/responses/Error" },
    },
  };
}

/** All routes for programs, as OpenAPI 3.1. */
export function openApiDocument(routes: readonly Route[]) {
  const described = apiRoutes(routes);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of described) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: "3.1.0",
    info: {
      title: "Nightjar",
      version,
      description:
        "Records cameras and plays them back. Errors are JSON for those who accept it. x-role is the least role that may use a route; each role may do all that the ones before it may: viewer, operator, admin.",
    },
    servers: [{ url: "/" }],
    tags: [...new Set(described.map(({ tag }) => tag))].toSorted().map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        basic: { type: "http", scheme: "basic", description: "User and password, or any user and a token" },
        token: { type: "http", scheme: "bearer", description: "A token" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "session",
          description: "A browser that is signed in",
        },
      },
      schemas: { Error: errorSchema },
      responses: {
        Error: {
          description: "Why not",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
    },
  };
}

/**
 * The description of all routes, where programs look for it.
 * @param routes asked for at the first request: they are known only once all are there
 */
export function openApiRoutes(routes: () => readonly Route[]) {
  let text: string | undefined;
  const answer = (): Response => {
    text ??= JSON.stringify(openApiDocument(routes()), null, 2);
    return new Response(text, {
      headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" },
    });
  };
  const toDescription = (): Response =>
    new Response(null, { status: 302, headers: { location: "/openapi", "cache-control": "no-store" } });
  return new Elysia({ name: "openapi" })
    .get("/openapi", answer, access("viewer", { summary: "This description of all routes, OpenAPI 3.1" }))
    .get("/openapi.json", answer, access("viewer", { summary: "The same under another name" }))
    .get("/docs", toDescription, access("viewer", { summary: "Leads to the description" }));
}
