import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { contentSecurityPolicy } from "../access/headers.ts";

const headers = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": contentSecurityPolicy,
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  vary: "HX-Request",
};

/** The text of a whole page. */
export const htmlText = <P>(page: VNode<P>): string => `<!doctype html>${renderToString(page)}`;

/** A whole page as a response. */
export const htmlPage = <P>(page: VNode<P>, status = 200): Response =>
  new Response(htmlText(page), { status, headers });

/** The part of a page that htmx asked for. */
export const htmlFragment = <P>(part: VNode<P>): Response => new Response(renderToString(part), { headers });

/** Whether htmx asks, and so wants the part of the page that changes. */
export const wantsFragment = (request: Request): boolean => request.headers.get("hx-request") === "true";
