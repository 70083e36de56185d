import { Elysia, type AnyElysia } from "elysia";
import { compressedPage } from "./access/compressed-page.ts";
import {
  errorAnswer,
  errorResponse,
  methodAnswer,
  plainErrorPage,
  type ErrorAnswer,
} from "./access/error-answer.ts";
import { guard } from "./access/guard.ts";
import { withHead } from "./access/head-requests.ts";
import { addCommonHeaders } from "./access/headers.ts";
import type { HostRule } from "./access/hosts.ts";
import { openIdentity, type Identify } from "./access/identity.ts";
import { MethodTable } from "./access/methods.ts";
import { AccessTable, type Route } from "./access/policy.ts";
import { loginRedirect } from "./access/sign-in-answer.ts";
import { withoutTicket } from "./access/ticket-path.ts";
import { openApiRoutes } from "./pages/openapi.ts";
import { playback, type PlaybackDeps } from "./playback/index.ts";
import { errorText, MethodNotAllowed, NightjarError } from "./platform/errors.ts";
import { logOf } from "./platform/log.ts";
import { unanswered } from "./platform/unanswered.ts";
import { isUpload, isUploadMethodAt } from "./uploads/routes.ts";

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

/** What files can be sent by, at addresses of their form; that alone makes nothing that could be read there. */
const SENDING = new Set(["PUT", "MKCOL", "OPTIONS"]);

/** What a request is told that found no route, or one that only refuses; `undefined` of all other errors. */
function methodRefusal(request: Request, code: unknown, error: unknown, methods: MethodTable) {
  const isRefused = error instanceof MethodNotAllowed;
  if (!isRefused && code !== "NOT_FOUND") return undefined;
  const { pathname } = new URL(request.url);
  const others = isRefused ? error.others : [];
  const possible = methods
    .at(pathname)
    .filter((method) => isUploadMethodAt(method, pathname) && !others.includes(method));
  if (possible.includes(request.method)) return undefined;
  const isThere = possible.some((method) =>
    request.method === "GET" ? !SENDING.has(method) : method !== "OPTIONS",
  );
  return methodAnswer(request.method, isThere ? possible : []);
}

/**
 * The whole HTTP side, without a socket: all controllers behind the one guard and the one place where errors
 * become answers. Throws `internal` if a route does not declare who may use it.
 */
export function buildApp(deps: AppDeps) {
  let table = new AccessTable([]);
  let routes: readonly Route[] = [];
  let methods = new MethodTable([]);
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
      const found = methodRefusal(request, code, error, methods) ?? errorAnswer(code, error);
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
  methods = new MethodTable(routes);
  if (table.undeclared.length > 0) {
    throw new NightjarError(
      "internal",
      `Routes without a declaration of who may use them: ${table.undeclared.join(", ")}`,
    );
  }
  return app;
}
