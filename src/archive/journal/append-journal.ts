import type { Files } from "../../platform/files.ts";

const LINE_FEED = 10;

/**
 * Appends lines to a journal that nobody writes any more, and makes them durable. A last line that was torn is
 * ended first, so that it can't swallow them.
 */
export async function appendToJournal(files: Files, path: string, lines: string): Promise<void> {
  const sizeBytes = (await files.stat(path))?.sizeBytes ?? 0;
  const [lastByte] = sizeBytes > 0 ? await files.readRange(path, sizeBytes - 1, 1) : [];
  const isTorn = lastByte !== undefined && lastByte !== LINE_FEED;
  const journal = await files.open(path);
  try {
    await journal.write([new TextEncoder().encode(`${isTorn ? "\n" : ""}${lines}`)], sizeBytes);
    await journal.datasync();
  } finally {
    await journal.close();
  }
}
