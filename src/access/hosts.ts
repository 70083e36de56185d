/** Names under which a browser may reach a server that listens on loopback only. */
const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The host name of a Host header, without port and in lower case. */
function nameOf(host: string): string {
  const lower = host.trim().toLowerCase();
  const bracket = /^(\[[^\]]*\])(?::\d*)?$/.exec(lower);
  return bracket?.[1] ?? lower.replace(/:\d*$/, "").replace(/\.$/, "");
}

export type HostRule = {
  /** Nobody has to sign in, and every address that is listened on is a loopback one. */
  isLoopbackOnly: boolean;
  /** Address under which a proxy offers the server. */
  publicUrl?: string | undefined;
};

/**
 * Whether a request's Host header names this server. While no account guards it, a page of any site could
 * otherwise reach a loopback server through a name of its own that points to 127.0.0.1 (DNS rebinding).
 */
export function isOwnHost(host: string | null, rule: HostRule): boolean {
  if (!rule.isLoopbackOnly) return true;
  const name = nameOf(host ?? "");
  if (LOOPBACK_NAMES.has(name)) return true;
  return (
    rule.publicUrl !== undefined &&
    URL.canParse(rule.publicUrl) &&
    nameOf(new URL(rule.publicUrl).host) === name
  );
}
