import type { KnownFile } from "../archive/files/file-footage.ts";
import { type MediaName, nameText } from "./file-names.ts";

/** An instant that a name may mean, its UTC offset (`+0100`), and the name under which it is kept. */
export type Meaning = { startMs: number; offset: string; name: MediaName };

/** What a name may mean: at least one instant. */
export type Meanings = readonly [Meaning, ...Meaning[]];

const offsetText = (offset: string): string => offset.replaceAll(":", "").slice(0, 5);

/**
 * The instants that a date and a name mean in a zone, in order: one; two in the hour that autumn repeats, where the
 * second one is told by its offset in the name. `undefined` when the offset is not one of that zone at that time. A time
 * that spring leaves out is that of a clock which was not set forward.
 */
export function meaningsOf(
  date: string,
  { time, offset, extension }: MediaName,
  zone: string,
): Meanings | undefined {
  const clock = `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4, 6)}`;
  const plain = Temporal.PlainDateTime.from(`${date}T${clock}`);
  const [first, second] = (["earlier", "later"] as const).map((disambiguation) =>
    plain.toZonedDateTime(zone, { disambiguation }),
  );
  if (!first || !second) return undefined;
  const isRepeated = first.offset !== second.offset && first.toPlainDateTime().equals(plain);
  const meanings = isRepeated
    ? [
        { at: first, name: { time, extension } },
        { at: second, name: { time, extension, offset: offsetText(second.offset) } },
      ]
    : [{ at: plain.toZonedDateTime(zone), name: { time, extension } }];
  const [meant, ...others] = meanings
    .filter(({ at }) => offset === undefined || offsetText(at.offset) === offset)
    .map(({ at, name }) => ({ startMs: at.epochMilliseconds, offset: offsetText(at.offset), name }));
  return meant && [meant, ...others];
}

/**
 * The same with names that no file of another time has, as one may after the channel's zone was changed: then the
 * offset is told by the name.
 */
export function distinctMeanings(
  [first, ...others]: Meanings,
  known: ReadonlyMap<string, Pick<KnownFile, "startMs">>,
): Meanings {
  const distinct = (meaning: Meaning): Meaning => {
    const { startMs, offset, name } = meaning;
    const holder = known.get(nameText(name));
    return holder === undefined || holder.startMs === startMs
      ? meaning
      : { ...meaning, name: { ...name, offset } };
  };
  return [distinct(first), ...others.map(distinct)];
}
