import { existsSync } from "node:fs";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import { FfmpegSource } from "./ffmpeg/source.ts";
import type { Source } from "./source.ts";

const SIZE = "640x360";
const RATE = 25;
const GOP_PICTURES = 50;

/** Fonts of Debian, Raspberry Pi OS, Alpine, Fedora and Arch; without any of them the demo shows no clock. */
const FONTS = [
  "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
  "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
  "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
  "/usr/share/fonts/dejavu/DejaVuSansMono.ttf",
  "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
  "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
];

/** A box that moves over the picture: its colour and size, and its place as ffmpeg expressions of time. */
type Mover = { color: string; size: string; x: string; y: string };

function scene(background: string, movers: readonly Mover[], sound: string, name: string): string {
  const parts = [`${background}[m0]`];
  movers.forEach(({ color, size, x, y }, index) => {
    parts.push(`color=c=${color}:s=${size}:r=${RATE}[b${index}]`);
    parts.push(`[m${index}][b${index}]overlay=x='${x}':y='${y}':eval=frame[m${index + 1}]`);
  });
  const font = FONTS.find((path) => existsSync(path));
  const look = `fontfile=${font}:fontsize=28:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=6`;
  const clock = String.raw`drawtext=${look}:x=12:y=12:text='${name}  %{localtime\:%Y-%m-%d %H\\\:%M\\\:%S}'`;
  parts.push(`[m${movers.length}]${font === undefined ? "null" : clock}[out0]`, `${sound}[out1]`);
  return parts.join(";");
}

const courtyard = (): string =>
  scene(
    `color=c=0x7a8b99:s=${SIZE}:r=${RATE},drawbox=y=200:h=160:c=0x5b6b4d:t=fill,drawbox=x=60:y=80:w=180:h=150:c=0x8a5a44:t=fill,drawbox=x=120:y=150:w=50:h=80:c=0x3b2a20:t=fill`,
    [
      { color: "0x2b2b2b", size: "36x18", x: "mod(t*45,700)-40", y: "290+8*sin(t*6)" },
      { color: "0xf0e060", size: "24x24", x: "300+220*cos(t/9)", y: "60+40*sin(t/9)" },
    ],
    "anoisesrc=color=pink:amplitude=0.02:sample_rate=48000,aformat=channel_layouts=stereo",
    "courtyard",
  );

const street = (): string =>
  scene(
    `color=c=0x9fb3c8:s=${SIZE}:r=${RATE},drawbox=y=180:h=180:c=0x444444:t=fill,drawbox=y=262:h=6:c=0xd0d0d0:t=fill`,
    [
      { color: "0xb03030", size: "90x40", x: "mod(t*140,760)-100", y: "205" },
      { color: "0x3050b0", size: "110x48", x: "680-mod(t*95,820)", y: "290" },
      { color: "0xe0c090", size: "12x34", x: "mod(t*22,680)-20", y: "150" },
    ],
    "sine=frequency=110:sample_rate=48000,volume='0.1+0.08*sin(t)':eval=frame,aformat=channel_layouts=stereo",
    "street",
  );

/** A flash and a beep of 80 ms at each full second of the stream, to compare sound and picture. */
const sync = (): string =>
  [
    `color=c=black:s=${SIZE}:r=${RATE},drawbox=c=white:t=fill:enable='lt(mod(t,1),0.079)'[out0]`,
    "aevalsrc='if(lt(mod(t,1),0.08),0.8*sin(2*PI*1000*t),0)':s=48000:c=mono,aformat=channel_layouts=stereo[out1]",
  ].join(";");

const scenes: Record<string, () => string> = { courtyard, street, sync };

/** The names behind `demo:`. */
export const demoNames = (): string[] => Object.keys(scenes);

/**
 * A synthetic camera, made by ffmpeg and recorded like any other: `courtyard` (also for an empty name), `street`,
 * `sync`. @throws NightjarError `config` for another name.
 */
export function demoSource(name: string, options: { withSound: boolean; clock: Clock }): Source {
  const graph = scenes[name === "" ? "courtyard" : name]?.();
  if (graph === undefined) {
    throw new NightjarError(
      "config",
      `There is no demo camera ${JSON.stringify(name)}; wanted: ${demoNames().join(", ")}`,
    );
  }
  // The filter graph's second output must be used by ffmpeg, so the sound is left out by giving it no place there.
  const used = options.withSound
    ? graph
    : graph
        .split(";")
        .filter((part) => !part.endsWith("[out1]"))
        .join(";");
  return new FfmpegSource({
    ...options,
    input: { kind: "synthetic", graph: used, gopPictures: GOP_PICTURES },
  });
}
