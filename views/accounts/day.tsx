import { dateWords } from "../../src/status/words.ts";

/** The date of an instant in the zone, as words. */
export function Day({ ms, zone }: { ms: number; zone: string }) {
  return <time dateTime={new Date(ms).toISOString()}>{dateWords(ms, zone)}</time>;
}
