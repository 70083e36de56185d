import type Hls from "hls.js";
import type { PlayerName } from "../types.ts";

/** What the page needs of a player. */
export type PagePlayer = {
  playingDate(): Date | null;
  /** Whether the player says that all was played, where it may say so without the element. */
  hasEnded?(): boolean;
};

export type Reports = { errors: string[]; warnings: string[] };

type ShakaError = { severity: number; code: number; data: unknown };
type ShakaPlayer = {
  attach(video: HTMLVideoElement): Promise<void>;
  load(url: string): Promise<void>;
  addEventListener(name: string, listener: (event: { detail: ShakaError }) => void): void;
  getPlayheadTimeAsDate(): Date | null;
};
type DashPlayer = {
  initialize(video: HTMLVideoElement, url: string, autoplay: boolean): void;
  on(
    name: string,
    listener: (event: { error?: { code: number; message: string }; isLast?: boolean }) => void,
  ): void;
  timeAsUTC(): number;
};

/** The players as their scripts leave them on the page. */
type PageGlobals = {
  Hls: typeof Hls;
  shaka: {
    Player: new () => ShakaPlayer;
    polyfill: { installAll(): void };
    util: { Error: { Severity: { CRITICAL: number } } };
  };
  dashjs: { MediaPlayer(): { create(): DashPlayer } };
};

const globals = globalThis as unknown as PageGlobals;

function withHlsJs(video: HTMLVideoElement, url: string, reports: Reports): PagePlayer {
  const hls = new globals.Hls({ debug: false });
  hls.on(globals.Hls.Events.ERROR, (_event, data) => {
    const text = `${data.type} ${data.details} ${data.error?.message ?? ""}`.trim();
    (data.fatal ? reports.errors : reports.warnings).push(text);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return { playingDate: () => hls.playingDate };
}

async function withShaka(video: HTMLVideoElement, url: string, reports: Reports): Promise<PagePlayer> {
  const { shaka } = globals;
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  player.addEventListener("error", ({ detail }) => {
    const text = `shaka ${detail.code} ${JSON.stringify(detail.data)}`;
    (detail.severity === shaka.util.Error.Severity.CRITICAL ? reports.errors : reports.warnings).push(text);
  });
  await player.attach(video);
  await player.load(url);
  return { playingDate: () => player.getPlayheadTimeAsDate() };
}

function withDashJs(video: HTMLVideoElement, url: string, reports: Reports): PagePlayer {
  const player = globals.dashjs.MediaPlayer().create();
  player.on("error", (event) => reports.errors.push(`dash.js ${event.error?.code} ${event.error?.message}`));
  // After a short stall before the end it jumps to half a second before it (its seekDurationBackoff) and stays there.
  let hasEnded = false;
  player.on("playbackEnded", ({ isLast }) => {
    // Each period ends with one of its own.
    hasEnded ||= isLast === true;
  });
  player.initialize(video, url, true);
  return {
    hasEnded: () => hasEnded,
    playingDate: () => {
      const seconds = player.timeAsUTC();
      return Number.isFinite(seconds) && seconds > 0 ? new Date(seconds * 1000) : null;
    },
  };
}

function withElement(video: HTMLVideoElement, url: string): PagePlayer {
  video.src = url;
  return { playingDate: () => null };
}

/** Opens an address in a player that shows it in the element. */
export async function openIn(
  name: PlayerName,
  video: HTMLVideoElement,
  url: string,
  reports: Reports,
): Promise<PagePlayer> {
  switch (name) {
    case "hlsjs":
      return withHlsJs(video, url, reports);
    case "shaka":
      return withShaka(video, url, reports);
    case "dashjs":
      return withDashJs(video, url, reports);
    case "native":
      return withElement(video, url);
  }
}
