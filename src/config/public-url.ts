/** An `http` or `https` address without user, query and fragment; without the slash at its end. */
export function parsePublicUrl(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  const isWeb = /^https?:\/\/[^/]/i.test(text) && (url.protocol === "http:" || url.protocol === "https:");
  const isPlain = url.username === "" && url.password === "" && !/[?#]/.test(text);
  return isWeb && isPlain ? url.href.replace(/\/+$/, "") : undefined;
}
