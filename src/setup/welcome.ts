/**
 * What a first start says in the terminal: where to go, and the code that is asked for there.
 * @param addresses `HOST:PORT`, the ones that a person can open
 */
export function welcomeText({
  addresses,
  code,
  version,
}: {
  addresses: readonly string[];
  code: string;
  version: string;
}): string {
  const urls = addresses.map((address) => `  http://${address}/setup`);
  return [
    "",
    `Nightjar ${version}. Welcome. Nobody has an account here yet.`,
    urls.length === 1 ? "Open this address in a browser:" : "Open one of these addresses in a browser:",
    ...urls,
    `and enter this code:  ${code}`,
    "",
    "",
  ].join("\n");
}
