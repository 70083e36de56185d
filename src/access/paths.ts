import { NightjarError, notFound } from "../platform/errors.ts";

const MAX_PATH_CHARACTERS = 2048;
const CONTROL = /\p{Cc}/u;

/**
 * Refuses paths that mean one thing to a router and another to what lies behind it: parts that are, once
 * decoded, `.` or `..`, or that hold a slash, a backslash or a control character. No such part names anything
 * here. Throws `bad-request` for what can't be decoded, else `not-found`.
 */
export function checkPath(pathname: string): void {
  if (pathname.length > MAX_PATH_CHARACTERS) {
    throw new NightjarError(
      "bad-request",
      `The address has ${pathname.length} characters; wanted: at most ${MAX_PATH_CHARACTERS}`,
    );
  }
  for (const part of pathname.split("/")) {
    if (!part.includes("%") && part !== "." && part !== "..") continue;
    let text: string;
    try {
      text = decodeURIComponent(part);
    } catch {
      throw new NightjarError(
        "bad-request",
        "The address has a percent sign that begins no escaped character",
      );
    }
    if (text === "." || text === ".." || text.includes("/") || text.includes("\\") || CONTROL.test(text)) {
      throw notFound("There is nothing at this address");
    }
  }
}
