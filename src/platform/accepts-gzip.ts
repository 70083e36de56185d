/** Weight of a coding in an Accept-Encoding header, 0 to 1; `undefined` when it isn't named (RFC 9110 12.5.3). */
function weightOf(header: string, coding: string): number | undefined {
  for (const item of header.split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    if (name !== coding) continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    const value = Number.parseFloat(weight);
    return Number.isFinite(value) ? value : 0;
  }
  return undefined;
}

/** Whether a request takes gzip at least as gladly as the bytes as they are. */
export function acceptsGzip(request: Request): boolean {
  const header = request.headers.get("accept-encoding");
  if (header === null) return false;
  const any = weightOf(header, "*");
  const gzip = weightOf(header, "gzip") ?? weightOf(header, "x-gzip") ?? any ?? 0;
  return gzip > 0 && gzip >= (weightOf(header, "identity") ?? 0);
}
