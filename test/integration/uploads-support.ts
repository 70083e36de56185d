import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { AppDeps } from "../../src/app.ts";
import { buildApp } from "../../src/app.ts";
import type { Config } from "../../src/config/config.ts";
import { configFromObject } from "../../src/config/load.ts";
import { listen } from "../../src/listen.ts";
import type { RunEnd } from "../../src/media/reasons.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { diskFiles, type Files } from "../../src/platform/files.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { uploadRoutes } from "../../src/uploads/routes.ts";
import { Uploads } from "../../src/uploads/uploads.ts";
import { MemoryFileFootage } from "../support/memory-file-footage.ts";
import { MemoryFootage } from "../support/memory-footage.ts";
import { tempFolder } from "../support/temp.ts";
import { tsClip } from "../support/ts-clip.ts";

/** A server that takes uploads, with an archive that keeps nothing. */
export type UploadServer = AsyncDisposable & {
  url: string;
  uploads: Uploads;
  footage: MemoryFileFootage;
  /** Where footage goes. */
  root: string;
  /** What the storage says instead, while it is set. */
  storage: { missing: RunEnd | undefined };
  keptFromMs: { value: number };
  /** Sends a file; `undefined` when the connection was closed without an answer. */
  put(path: string, body: BodyInit, headers?: Record<string, string>): Promise<Response | undefined>;
  /** Names below a channel's folder, dates and files, in order; what begins with a dot too. */
  names(channel?: string): Promise<string[]>;
  reconfigure(channels: Record<string, unknown>): Promise<void>;
};

export type UploadServerOptions = {
  channels?: Record<string, unknown>;
  clock?: Clock;
  files?: Files;
  deps?: Partial<AppDeps>;
  /** A folder of an earlier one. */
  root?: string;
  defaultChannel?: string;
  /** What knows of files already. */
  footage?: MemoryFileFootage;
};

/** The system's clock as on another day. */
export function clockAt(nowMs: number): Clock {
  const clock = systemClock();
  const aheadMs = nowMs - clock.nowMs();
  return {
    bootId: clock.bootId,
    nowMs: () => clock.nowMs() + aheadMs,
    monotonicMs: () => clock.monotonicMs(),
    bootMs: () => clock.bootMs(),
    synchronised: () => true,
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}

const GARAGE = { garage: { source: "upload", timezone: "Europe/Berlin" } };

export async function uploadServer(options: UploadServerOptions = {}): Promise<UploadServer> {
  const folder = await tempFolder("nightjar-uploads-");
  const root = options.root ?? folder.file("storage");
  await mkdir(root, { recursive: true });
  const configOf = (channels: Record<string, unknown>): Config => {
    const named = options.defaultChannel === undefined ? {} : { default_channel: options.defaultChannel };
    return configFromObject(
      { auth: "none", channels, ...named },
      { folder: folder.path, systemZone: "Europe/Berlin", reservedIds: ["api"] },
    );
  };
  let config = configOf(options.channels ?? GARAGE);
  const clock = options.clock ?? systemClock();
  const footage = options.footage ?? new MemoryFileFootage();
  const storage: UploadServer["storage"] = { missing: undefined };
  const keptFromMs = { value: -Infinity };
  const uploads = new Uploads(
    {
      clock,
      files: options.files ?? diskFiles(),
      footage,
      storage: {
        current: () => (storage.missing ? { missing: storage.missing } : { id: "root", path: root }),
        look: () => Promise.resolve(),
        storageThere: () => (storage.missing?.reason === "disk-missing" ? undefined : { path: root }),
      },
      hasFormerStorage: () => false,
      keptFromMs: () => keptFromMs.value,
    },
    () => config,
  );
  const app = buildApp({
    playback: { footage: new MemoryFootage(), clock, segmentTargetMs: 2000 },
    hosts: { isLoopbackOnly: false },
    controllers: [uploadRoutes(uploads)],
    ...options.deps,
  });
  const listening = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
  uploads.start();
  const url = `http://127.0.0.1:${listening.addresses[0]?.port ?? 0}`;
  return {
    url,
    uploads,
    footage,
    root,
    storage,
    keptFromMs,
    async put(path, body, headers = {}) {
      try {
        return await fetch(url + path, { method: "PUT", body, headers, redirect: "manual" });
      } catch {
        return undefined;
      }
    },
    async names(channel = "garage") {
      const found = await readdir(join(root, channel), { recursive: true }).catch(() => []);
      return found.toSorted((a, b) => (a < b ? -1 : 1));
    },
    async reconfigure(channels) {
      const before = config;
      config = configOf(channels);
      await uploads.change(before);
    },
    async [Symbol.asyncDispose]() {
      await listening.stop(true);
      await uploads.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const clips = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();

/** A small MPEG-TS of whole seconds, made once. */
export function clip(seconds = 1): Promise<Uint8Array<ArrayBuffer>> {
  const made = clips.get(seconds) ?? tsClip({ seconds, kilobitsPerSecond: 100, size: "160x90" });
  clips.set(seconds, made);
  return made;
}
