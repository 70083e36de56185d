const MAX_TEXT_BYTES = 256;
const MAX_SHOWN_BYTES = 16;

/** Beginnings of texts that people give by mistake, and of what servers answer instead of media. */
const TEXTS: readonly { begins: RegExp; name: string }[] = [
  { begins: /^\s*<(!doctype\s+html|html|head|body)/i, name: "a web page" },
  { begins: /^\s*<\?xml/i, name: "an XML document" },
  { begins: /^#EXTM3U/, name: "a playlist" },
  { begins: /^\s*[{[]\s*["{[\]}]/, name: "JSON" },
  { begins: /^....(ftyp|styp|moov|moof|sidx|mdat)/s, name: "MP4" },
  { begins: /^RIFF....AVI /s, name: "AVI" },
  { begins: /^RIFF....WAVE/s, name: "WAV" },
  { begins: /^ID3/, name: "sound with ID3 tags" },
];

/** Beginnings in hex. */
const BYTES: readonly { begins: string; name: string }[] = [
  { begins: "1a45dfa3", name: "Matroska or WebM" },
  { begins: "464c5601", name: "FLV" },
  { begins: "4f676753", name: "Ogg" },
  { begins: "ffd8ff", name: "a JPEG picture" },
  { begins: "89504e47", name: "a PNG picture" },
  { begins: "47494638", name: "a GIF picture" },
  { begins: "1f8b", name: "gzip" },
  { begins: "504b0304", name: "a ZIP archive" },
  { begins: "25504446", name: "a PDF document" },
  { begins: "000001ba", name: "an MPEG program stream" },
  { begins: "0000000109", name: "a bare stream of pictures" },
  { begins: "0000000167", name: "a bare stream of pictures" },
  { begins: "0000000140", name: "a bare stream of pictures" },
];

/** In words what some bytes are, by their beginning, e.g. "a web page". */
export function whatItIs(head: Uint8Array): string {
  if (head.length === 0) return "nothing";
  const text = String.fromCharCode(...head.subarray(0, MAX_TEXT_BYTES));
  const hex = Buffer.from(head.subarray(0, MAX_SHOWN_BYTES)).toString("hex");
  const known =
    TEXTS.find(({ begins }) => begins.test(text)) ?? BYTES.find(({ begins }) => hex.startsWith(begins));
  if (known) return known.name;
  return /^0+$/.test(hex) ? "zeros" : `bytes that begin with ${hex}`;
}

/** Whether bytes may be MP4 at all: a box at their beginning, and not a large one, has a type in letters. */
export const beginsWithBox = (head: Uint8Array): boolean =>
  head[0] === 0 && /^[a-z][a-z0-9]{3}$/i.test(String.fromCharCode(...head.subarray(4, 8)));
