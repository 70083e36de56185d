import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import { badParameter, errorText, MethodNotAllowed, NightjarError } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import {
  isDayPath,
  isUploadPath,
  nameText,
  nameWanted,
  parseDate,
  parseName,
  SIDECAR,
} from "./file-names.ts";
import { mayPass } from "./intake.ts";
import { passBy } from "./receive.ts";
import type { Uploads } from "./uploads.ts";

const log = logOf("uploads");

/** What is sent with a wrong name is read up to here, so that its sender sees the answer; in bytes. */
const READ_ON_BYTES = 64 * 1024 * 1024;

const METHODS = "OPTIONS, GET, HEAD, PUT, MKCOL";
/** Verbs of WebDAV and of HTTP that change what was sent: nothing here is changed by them. */
const REFUSED = ["DELETE", "MOVE", "COPY", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK"];

const operator = (summary: string, description?: string) =>
  access("operator", { summary, tags: ["uploads"], ...(description === undefined ? {} : { description }) });
const hidden = access("operator", { hide: true });
const refused = access("operator", { hide: true, refuses: true });

type Address = { channel?: string; date: string };

function dateOf(text: string): string {
  const date = parseDate(text);
  if (date === undefined || date < "1970-01-02")
    throw badParameter("The date", text, "YYYY-MM-DD, a day that exists");
  return date;
}

/** Throws what the sender did wrong as it is, when it has been read enough to be told; all else as `unavailable`. */
async function refuse(reason: unknown, request: Request): Promise<never> {
  if (mayPass(reason)) {
    log.warn("{path} was not taken: {error}", {
      path: new URL(request.url).pathname,
      error: errorText(reason),
    });
    throw new NightjarError("unavailable", "This could not be stored now", { cause: reason });
  }
  try {
    if (!request.bodyUsed) await passBy(request, READ_ON_BYTES);
  } catch {
    // Who hung up needs no answer.
  }
  throw reason;
}

async function put(
  uploads: Uploads,
  { channel, date }: Address,
  file: string,
  request: Request,
): Promise<Response> {
  try {
    if (request.headers.has("content-range")) {
      throw new NightjarError("bad-request", "Content-Range is not taken: a file is sent whole, or again");
    }
    const target = uploads.target(channel);
    const parsed = parseName(file);
    if (!parsed) throw badParameter("The file's name", file, nameWanted);
    const sent = { date: dateOf(date), name: parsed.media, isSidecar: parsed.isSidecar };
    const result = await uploads.put(target, sent, request);
    const { outcome } = result;
    if (outcome === "quarantined") {
      const name = nameText(parsed.media) + (parsed.isSidecar ? SIDECAR : "");
      return new Response(`${name} was put into quarantine: ${result.reason}\n`, {
        status: 202,
        headers: { "content-type": "text/plain; charset=utf-8" },
      });
    }
    return new Response(null, { status: outcome === "created" ? 201 : 204 });
  } catch (error) {
    return refuse(error, request);
  }
}

async function makeFolder(
  uploads: Uploads,
  { channel, date }: Partial<Address>,
  request: Request,
): Promise<Response> {
  try {
    if (request.body !== null) return new Response("MKCOL takes no body\n", { status: 415 });
    const target = uploads.target(channel);
    const isNew = date !== undefined && (await uploads.makeDay(target, dateOf(date)));
    if (isNew) return new Response(null, { status: 201 });
    return new Response("It is there already\n", { status: 405, headers: { allow: "OPTIONS, GET, HEAD" } });
  } catch (error) {
    return refuse(error, request);
  }
}

/** Without a channel, an address begins with the date. */
const isDate = (part: string): boolean => /^\d{4}-\d{1,2}-\d{1,2}$/.test(part);

const options = (): Response => new Response(null, { status: 204, headers: { allow: METHODS, dav: "1" } });

/** Refuses a verb; where the channel takes no uploads, those of uploads are not named as possible either. */
function notAllowed(uploads: Uploads, pathname: string): never {
  const [, first = ""] = pathname.split("/");
  try {
    uploads.target(isDate(first) ? undefined : first);
  } catch {
    throw new MethodNotAllowed(["PUT", "MKCOL"]);
  }
  throw new MethodNotAllowed();
}

/** Where files are sent to, by HTTP or WebDAV: those of a channel, and those of the default one. */
export function uploadRoutes(uploads: Uploads) {
  const app = new Elysia({ name: "uploads" })
    .put(
      "/:channel/:date/:file",
      ({ params: { channel, date, file }, request }) => put(uploads, { channel, date }, file, request),
      {
        parse: "none",
        ...operator(
          "Send a segment file, `video_HHMMSS.ts` or `.mp4`, or its `.duration`",
          "The time is wall time of the channel's zone. 201 when it is stored; 204 when it was there, or a longer one of its name; 202 when it can't be read as media and is kept aside. A failure that may pass closes the connection without an answer.",
        ),
      },
    )
    .put(
      "/:channel/:date",
      ({ params: { channel, date }, request }) => {
        if (isDate(channel)) return put(uploads, { date: channel }, date, request);
        return refuse(
          badParameter("The address", `/${channel}/${date}`, "/CHANNEL/DATE/FILE or /DATE/FILE"),
          request,
        );
      },
      { parse: "none", ...operator("The same for the default channel: `/DATE/FILE`") },
    )
    .route("MKCOL", "/:channel/:date", ({ params, request }) => makeFolder(uploads, params, request), {
      parse: "none",
      ...hidden,
    })
    .route(
      "MKCOL",
      "/:channel",
      ({ params: { channel }, request }) =>
        makeFolder(uploads, isDate(channel) ? { date: channel } : { channel }, request),
      { parse: "none", ...hidden },
    );
  for (const path of ["/", "/:channel", "/:channel/:date", "/:channel/:date/:file"]) {
    app.route("OPTIONS", path, options, { parse: "none", ...hidden });
    for (const method of REFUSED) {
      app.route(method, path, ({ request }) => notAllowed(uploads, new URL(request.url).pathname), {
        parse: "none",
        ...refused,
      });
    }
  }
  return app;
}

/** Whether an address takes a method, where the method is one of uploads: their routes lie below any first part. */
export const isUploadMethodAt = (method: string, pathname: string): boolean =>
  method === "PUT" ? isUploadPath(pathname) : method !== "MKCOL" || isDayPath(pathname);

/** Whether a request sends a file here: its body may be large, and its sender takes any answer for success. */
export const isUpload = (request: Request): boolean =>
  request.method === "PUT" && isUploadPath(new URL(request.url).pathname);
