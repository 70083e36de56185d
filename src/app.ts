import { Elysia, type AnyElysia } from "elysia";
import { errorAnswer, errorResponse, plainErrorPage, type ErrorAnswer } from "./access/error-answer.ts";
import { guard } from "./access/guard.ts";
import { withHead } from "./access/head-requests.ts";
import { addCommonHeaders } from "./access/headers.ts";
import type { HostRule } from "./access/hosts.ts";
import { openIdentity, type Identify } from "./access/identity.ts";
import { AccessTable } from "./access/policy.ts";
import { playback, type PlaybackDeps } from "./playback/index.ts";
import { errorText, NightjarError } from "./platform/errors.ts";
import { logOf } from "./platform/log.ts";

export type AppDeps = {
  playback: PlaybackDeps;
  hosts: HostRule;
  /** Whose request it is. Without it everyone is the admin. */
  identify?: Identify | undefined;
  /** Pages, status, assets: everything that is no playback. */
  controllers?: readonly AnyElysia[] | undefined;
  /** An error as a page. */
  errorPage?: ((error: ErrorAnswer, request: Request) => string) | undefined;
};

const log = logOf("http");

function logFailure(request: Request, error: unknown): void {
  log.error("{method} {path} failed: {error}", {
    method: request.method,
    path: new URL(request.url).pathname,
    error: error instanceof Error ? (error.stack ?? error.message) : errorText(error),
  });
}

/** What `wrap` takes: Elysia's own type of it says nothing about requests. */
type Wrapper = Parameters<Elysia["wrap"]>[0];

/**
 * The whole HTTP side, without a socket: all controllers behind the one guard and the one place where errors
 * become answers. Throws `internal` if a route does not declare who may use it.
 */
export function buildApp(deps: AppDeps) {
  let table = new AccessTable([]);
  const app = new Elysia({ name: "nightjar" })
    .wrap(((handle: (request: Request) => Promise<Response>) => withHead(handle)) as unknown as Wrapper)
    .onError({ as: "global" }, ({ request, code, error }) => {
      const found = errorAnswer(code, error);
      if (found.status === 500) logFailure(request, error);
      const response = errorResponse(request, found, deps.errorPage ?? plainErrorPage);
      addCommonHeaders(response.headers, request.method);
      return response;
    })
    .use(guard({ identify: deps.identify ?? (() => openIdentity), hosts: deps.hosts, table: () => table }))
    .use(playback(deps.playback));
  for (const controller of deps.controllers ?? []) app.use(controller);
  table = new AccessTable(app.routes);
  if (table.undeclared.length > 0) {
    throw new NightjarError(
      "internal",
      `Routes without a declaration of who may use them: ${table.undeclared.join(", ")}`,
    );
  }
  return app;
}
