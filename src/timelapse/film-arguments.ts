/** What every part of a film has in common. */
export type FilmForm = {
  widthPixels: number;
  heightPixels: number;
  fps: number;
  /** ffmpeg's name of what encodes H.264. */
  encoder: string;
};

/** What comes: pictures as a fragmented MP4, or as JPEGs one after the other. */
export type PartInput = "mp4" | "jpeg";

/** A place to which a player can jump, each two seconds of film. */
const SECONDS_A_GROUP = 2;
/** By libx264's scale. Pictures of a timelapse have little in common, so this decides the size. */
const QUALITY = "24";
/** Bits a pixel of a picture, for encoders that know no scale of quality. */
const BITS_A_PIXEL = 0.15;

const even = (pixels: number): number => Math.max(2, Math.round(pixels / 2) * 2);

/** Size of a film whose first pictures have this size: no higher than wanted, never larger than they are; even numbers. */
export function filmSize(
  picture: { width: number; height: number },
  maxHeightPixels: number,
): { widthPixels: number; heightPixels: number } {
  const heightPixels = even(Math.min(maxHeightPixels, picture.height));
  return { widthPixels: even((heightPixels * picture.width) / picture.height), heightPixels };
}

/** Square pixels, the whole picture in the middle, in the range and form that every browser plays. */
const filters = ({ widthPixels: width, heightPixels: height, fps }: FilmForm): string =>
  [
    String.raw`scale=w=2*trunc(min(${width}\,${height}*dar)/2+0.01):h=2*trunc(min(${height}\,${width}/dar)/2+0.01):out_range=limited`,
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
    "setsar=1",
    "format=yuv420p",
    // One after the other, whatever times they came with.
    `settb=1/${fps}`,
    "setpts=N",
  ].join(",");

const encoding = ({ encoder, fps, widthPixels, heightPixels }: FilmForm): string[] =>
  encoder === "libx264"
    ? ["-preset", "veryfast", "-crf", QUALITY]
    : ["-b:v", String(Math.round(widthPixels * heightPixels * fps * BITS_A_PIXEL))];

const words = (text: string): string[] => text.split(" ");
/** An MP4 with its index in front, so that browsers begin before they have all of it. */
const FRONT_MP4 = words("-movflags +faststart -f mp4");

/** Arguments of an ffmpeg that makes a film, or a part of one, of pictures on its standard input. */
export function partArguments(form: FilmForm, input: PartInput, path: string): string[] {
  const reading =
    input === "mp4"
      ? words("-threads 2 -probesize 32 -analyzeduration 0 -f mp4 -i pipe:0")
      : words(`-f mjpeg -framerate ${form.fps} -i pipe:0`);
  const groups = words(`-r ${form.fps} -g ${form.fps * SECONDS_A_GROUP}`);
  const coding = ["-an", "-vf", filters(form), "-c:v", form.encoder, ...encoding(form), ...groups];
  return [...reading, ...coding, ...FRONT_MP4, `file:${path}`];
}

/** Arguments of an ffmpeg that joins parts, whose paths come as `partList` on its standard input. */
export const joinArguments = (path: string): string[] => [
  ...words("-protocol_whitelist file,pipe -f concat -safe 0 -i pipe:0 -c copy"),
  ...FRONT_MP4,
  `file:${path}`,
];

/** Paths as ffmpeg's concat demuxer reads them. */
export const partList = (paths: readonly string[]): string =>
  paths.map((path) => `file '${`file:${path}`.replaceAll("'", String.raw`'\''`)}'\n`).join("");
