import { redactUrls } from "../../platform/log.ts";

/** The user name, password and query of a URL, as written and decoded. */
function secretsOf(url: string): string[] {
  const [, userInfo] = /^[a-z][a-z0-9+.-]*:\/\/(.*)@/i.exec(url) ?? [];
  const [, query] = /\?(.*)$/.exec(url) ?? [];
  const secrets = [query ?? ""];
  if (userInfo !== undefined) {
    const password = userInfo.slice(userInfo.indexOf(":") + 1);
    secrets.push(userInfo, password);
    try {
      secrets.push(decodeURIComponent(password));
    } catch {
      // Not percent-encoded; then it is already in the list.
    }
  }
  return secrets.filter((secret) => secret.length > 2);
}

/** A function that removes a source's user name and password from any text. */
export function redactorFor(url: string): (text: string) => string {
  const secrets = secretsOf(url);
  return (text) => redactUrls(secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text));
}

/** The same for a program's own command line, whose URLs may stand anywhere in it. */
export function redactorForArguments(argv: readonly string[]): (text: string) => string {
  const urls = argv.flatMap((part) => part.match(/[a-z][a-z0-9+.-]*:\/\/\S+/gi) ?? []);
  const redactors = urls.map(redactorFor);
  return (text) => redactors.reduce((rest, redact) => redact(rest), redactUrls(text));
}

/** A URL for people: without user name, password and query. */
export const publicUrl = (url: string): string =>
  redactUrls(url)
    .replace(/[?#].*$/, "")
    .replace(/:\/\/.*@/, "://");
