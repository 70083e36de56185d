/** What a request shows of its sender; nothing of it is checked yet. */
export type Credentials = { name: string; password: string };

/** Every token begins so, which tells it from a password and lets people find one that was lost. */
export const TOKEN_START = "njt_";

/** The user name and password of `Authorization: Basic` (RFC 7617, in UTF-8); `undefined` when there are none. */
export function basicCredentials(request: Request): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]{1,1000})\s*$/i.exec(request.headers.get("authorization") ?? "");
  if (!encoded?.[1]) return undefined;
  const text = Buffer.from(encoded[1], "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The token of `Authorization: Bearer` (RFC 6750). */
export const bearerToken = (request: Request): string | undefined =>
  /^bearer +([A-Za-z0-9._~+/=-]{1,200})\s*$/i.exec(request.headers.get("authorization") ?? "")?.[1];

const SESSION_COOKIE = "nightjar";

/** The most that browsers allow; when a session ends is the server's business. */
const COOKIE_SECONDS = 400 * 86_400;

/** The secret in the session cookie. */
export function sessionSecret(request: Request): string | undefined {
  const cookies = request.headers.get("cookie")?.split(";") ?? [];
  for (const cookie of cookies.slice(0, 100)) {
    const [name, value] = cookie.trim().split("=", 2);
    if (name === SESSION_COOKIE && value && /^[A-Za-z0-9_-]{43}$/.test(value)) return value;
  }
  return undefined;
}

/** The `Set-Cookie` value of a session; without a secret, one that ends it in the browser. */
export const sessionCookie = (secret: string | undefined, isSecure: boolean): string =>
  [
    `${SESSION_COOKIE}=${secret ?? ""}`,
    "Path=/",
    `Max-Age=${secret === undefined ? 0 : COOKIE_SECONDS}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(isSecure ? ["Secure"] : []),
  ].join("; ");
