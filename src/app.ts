import { Elysia, type AnyElysia } from "elysia";
import { compressedPage } from "./access/compressed-page.ts";
import { errorAnswer, errorResponse, plainErrorPage, type ErrorAnswer } from "./access/error-answer.ts";
import { guard } from "./access/guard.ts";
import { withHead } from "./access/head-requests.ts";
import { addCommonHeaders } from "./access/headers.ts";
import type { HostRule } from "./access/hosts.ts";
import { openIdentity, type Identify } from "./access/identity.ts";
import { AccessTable, type Route } from "./access/policy.ts";
import { loginRedirect } from "./access/sign-in-answer.ts";
import { withoutTicket } from "./access/ticket-path.ts";
import { openApiRoutes } from "./pages/openapi.ts";
import { playback, type PlaybackDeps } from "./playback/index.ts";
import { errorText, NightjarError } from "./platform/errors.ts";
import { logOf } from "./platform/log.ts";
import { unanswered } from "./platform/unanswered.ts";
import { isUpload } from "./uploads/routes.ts";

export type AppDeps = {
  playback: PlaybackDeps;
  hosts: HostRule;
  /** Whose request it is. Without it everyone is the admin. */
  identify?: Identify | undefined;
  /** Whether everything but the set-up has to wait: nobody could sign in yet. */
  isSetUpMode?: (() => boolean) | undefined;
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
  let routes: readonly Route[] = [];
  const app = new Elysia({ name: "nightjar" })
    .wrap(((handle: (request: Request) => Promise<Response>) => {
      const answer = withHead(handle);
      return async (request: Request) => {
        const plain = withoutTicket(request);
        const response = await answer(plain);
        const mayPass = response.status >= 500 || response.status === 429 || deps.isSetUpMode?.() === true;
        // Those who upload delete their file after any answer.
        return mayPass && isUpload(plain) ? unanswered(response) : compressedPage(plain, response);
      };
    }) as unknown as Wrapper)
    .onError({ as: "global" }, ({ request, code, error }) => {
      const found = errorAnswer(code, error);
      const isOwnAnswer = error instanceof NightjarError && found.status !== 500;
      if (found.status >= 500 && !isOwnAnswer) logFailure(request, error);
      const response =
        (found.status === 401 ? loginRedirect(request) : undefined) ??
        errorResponse(request, found, deps.errorPage ?? plainErrorPage);
      addCommonHeaders(response.headers, request.method);
      return response;
    })
    .use(
      guard({
        identify: deps.identify ?? (() => openIdentity),
        hosts: deps.hosts,
        table: () => table,
        isSetUpMode: deps.isSetUpMode,
      }),
    )
    .use(openApiRoutes(() => routes))
    .use(playback(deps.playback));
  for (const controller of deps.controllers ?? []) app.use(controller);
  routes = app.routes;
  table = new AccessTable(routes);
  if (table.undeclared.length > 0) {
    throw new NightjarError(
      "internal",
      `Routes without a declaration of who may use them: ${table.undeclared.join(", ")}`,
    );
  }
  return app;
}
