/** Which playlist shows a moment of the day of a page. */

const families = [
  [/^avc[13]\./, "H.264"],
  [/^(hvc1|hev1)\./, "H.265"],
  [/^mp4a\./, "AAC"],
];

const familyOf = (codec) => families.find(([form]) => form.test(codec))?.[1] ?? codec;

/** What browsers can't follow from one to the next in one list: the kinds of codecs, and whether there is sound. */
const kindOf = (codecs) => codecs.map(familyOf).sort().join(" ");

/**
 * The lists of a page: live, and the day's. Where the kind of codecs changes within a day, each timeline has its own.
 * `of` resolves to the list that a moment is in, `after` to the one that follows, `newest` to what is live now without
 * what came before a change.
 */
export function createLists({ live, dayList, timelines, codecs, codecName }) {
  const day = { url: dayList, codecs, codecName };
  let asked;

  async function timelinesNow() {
    const response = await fetch(timelines, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? await response.json() : [];
  }

  async function load() {
    const found = await timelinesNow();
    const kinds = new Set(found.map((entry) => kindOf(entry.codecs)));
    if (kinds.size > 1)
      return found.map((entry) => ({
        url: entry.list,
        codecs: entry.codecs.join(","),
        codecName: familyOf(entry.codecs[0] ?? ""),
        startMs: Date.parse(entry.from),
        endMs: Date.parse(entry.to),
      }));
    const [first] = found;
    return first
      ? [{ ...day, codecs: first.codecs.join(","), codecName: familyOf(first.codecs[0] ?? "") }]
      : [];
  }

  function all() {
    asked ??= load().catch(() => []);
    return asked;
  }

  return {
    live: { url: live, codecs, codecName },
    async of(atMs) {
      const entries = await all();
      return (
        entries.find((entry) => entry.endMs === undefined || atMs < entry.endMs) ?? entries.at(-1) ?? day
      );
    },
    async after(list) {
      const entries = await all();
      const place = entries.findIndex((entry) => entry.url === list.url);
      return place < 0 ? undefined : entries[place + 1];
    },
    async newest() {
      const found = await timelinesNow().catch(() => []);
      const last = found.at(-1);
      if (!last) return undefined;
      const url = `${live}${live.includes("?") ? "&" : "?"}timeline=${last.timeline}`;
      return { url, codecs: last.codecs.join(","), codecName: familyOf(last.codecs[0] ?? "") };
    },
    /** Forgets what was found, as the newest timeline may have been followed by another. */
    renew() {
      asked = undefined;
    },
  };
}
