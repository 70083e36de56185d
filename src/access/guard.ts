import { Elysia } from "elysia";
import { NightjarError } from "../platform/errors.ts";
import { addCommonHeaders, isPreflight, preflightAnswer } from "./headers.ts";
import { isOwnHost, type HostRule } from "./hosts.ts";
import { checkPath } from "./paths.ts";
import { setIdentity, type Identify } from "./identity.ts";
import { isForeignChange } from "./origin.ts";
import type { AccessTable } from "./policy.ts";
import { setUpAnswer } from "./set-up-mode.ts";
import { ticketIn } from "./ticket-path.ts";

export type GuardOptions = {
  identify: Identify;
  hosts: HostRule;
  /** The declarations, asked for at the first request: routes are known only once all are there. */
  table: () => AccessTable;
  /** Whether there is nobody yet who could sign in. */
  isSetUpMode?: (() => boolean) | undefined;
};

/**
 * What every request passes, in this one place: is it meant for this server, is its path plain, may its sender
 * use the route. Must be used before the routes that it guards.
 */
export function guard({ identify, hosts, table, isSetUpMode }: GuardOptions) {
  return new Elysia({ name: "guard" })
    .onRequest(({ request }) => {
      if (!isOwnHost(request.headers.get("host") ?? new URL(request.url).host, hosts)) {
        throw new NightjarError("forbidden", "This server is not reached under that name", {
          details: ["Set public_url to the name under which you reach it, or use localhost"],
        });
      }
      const { pathname } = new URL(request.url);
      checkPath(pathname);
      if (isPreflight(request)) return preflightAnswer();
      return isSetUpMode?.() ? setUpAnswer(request, pathname) : undefined;
    })
    .onTransform({ as: "global" }, async ({ request, route }) => {
      if (isForeignChange(request, hosts.publicUrl)) {
        throw new NightjarError("forbidden", "A page of another site may not change anything here");
      }
      const identity = await identify(request);
      if (identity) setIdentity(request, identity);
      table().check(request.method, route, identity, ticketIn(request) !== undefined);
    })
    .onAfterHandle({ as: "global" }, ({ request, responseValue }) => {
      if (responseValue instanceof Response) addCommonHeaders(responseValue.headers, request.method);
    });
}
