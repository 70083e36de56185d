import { tempFolder } from "./temp.ts";
import { finished } from "./processes.ts";

export type TsClipOptions = {
  seconds: number;
  kilobitsPerSecond?: number;
  size?: string;
};

/** MPEG-TS with H.264 of a test picture, a key frame each second, and AAC: as uploaders cut them. */
export async function tsClip({
  seconds,
  kilobitsPerSecond = 500,
  size = "640x360",
}: TsClipOptions): Promise<Uint8Array<ArrayBuffer>> {
  await using folder = await tempFolder();
  const path = folder.file("clip.ts");
  const rate = `${kilobitsPerSecond}k`;
  const pictures = `testsrc2=size=${size}:rate=25:duration=${seconds}`;
  const sound = `sine=frequency=440:sample_rate=48000:duration=${seconds}`;
  const argv =
    `ffmpeg -nostdin -hide_banner -v error -f lavfi -i ${pictures} -f lavfi -i ${sound} ` +
    `-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -bf 0 ` +
    `-b:v ${rate} -minrate ${rate} -maxrate ${rate} -bufsize ${rate} -c:a aac -b:a 64k -f mpegts`;
  const done = await finished([...argv.split(" "), path]);
  if (done.code !== 0) throw new Error(`ffmpeg made no clip: ${done.stderr}`);
  return await Bun.file(path).bytes();
}
