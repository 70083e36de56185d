import type { Role } from "../../../src/access/policy.ts";
import { cp, mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { AnyElysia } from "elysia";
import { buildApp } from "../../../src/app.ts";
import type { Accounts } from "../../../src/accounts/accounts.ts";
import type {
  ArrivalStatus,
  ChannelStatus as CaptureState,
  Quarantine,
} from "../../../src/capture/channel-status.ts";
import type { Config, SourceConfig } from "../../../src/config/config.ts";
import { configFromObject } from "../../../src/config/load.ts";
import { sourceText } from "../../../src/config/source-address.ts";
import { loadAssets } from "../../../src/pages/assets.ts";
import { filePages } from "../../../src/pages/files/index.ts";
import { errorPage, pages } from "../../../src/pages/index.ts";
import { siteOf } from "../../../src/pages/site.ts";
import { systemClock } from "../../../src/platform/system-clock.ts";
import { statusRoutes } from "../../../src/status/index.ts";
import { StatusReader } from "../../../src/status/status.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";
import { FakeFootage, fakeRecording } from "../status/fake-footage.ts";

const top = resolve(import.meta.dir, "../../..");

/** The time at which pages are asked for: Friday, 20 November 2026, 16:00 in Berlin. */
export const now = Date.UTC(2026, 10, 20, 15, 0, 0);
const clock = { ...systemClock(), nowMs: () => now, synchronised: () => true };
/** A text that would be a program if it were not escaped. */
export const evil = `"><script>alert(1)</script>`;

/** The public files as a build leaves them: with the vendored scripts beside them. */
export async function builtAssets(): Promise<TempFolder> {
  const folder = await tempFolder();
  await cp(resolve(top, "public"), folder.file("public"), { recursive: true });
  await mkdir(folder.file("public/vendor"), { recursive: true });
  await cp(
    resolve(top, "node_modules/hls.js/dist/hls.min.js"),
    folder.file("public/vendor/hls-1.0.0.min.js"),
  );
  await cp(
    resolve(top, "node_modules/htmx.org/dist/htmx.min.js"),
    folder.file("public/vendor/htmx-1.0.0.min.js"),
  );
  return folder;
}

/** Two channels: one that records, with a gap; one that never did, with an evil name. */
export function worldOf(): FakeFootage {
  const footage = new FakeFootage();
  footage.add("yard", "Yard", "Europe/Berlin");
  footage.add("evil", evil, "Europe/Berlin");
  footage.recordingList.push(fakeRecording("yard", now - 3_600_000, now - 4_000));
  footage.gap("yard", now - 1_800_000, now - 1_700_000, { reason: "source-refused", detail: evil });
  return footage;
}

/** Channels whose footage arrives as files. */
export type FilesChange = {
  sources: Readonly<Record<string, SourceConfig>>;
  arrivals: Readonly<Record<string, ArrivalStatus>>;
  quarantine: Quarantine;
  accounts?: Accounts;
};

export type PagesChange = {
  auth?: "none" | "accounts";
  publicUrl?: string;
  files?: FilesChange;
  /** Who asks; everyone is the admin without it. */
  role?: Role;
};

/** A configuration of those channels. */
function configOf({ sources }: FilesChange): Config {
  const channels = Object.fromEntries(
    Object.entries(sources).map(([id, source]) => [id, { source: sourceText(source) }]),
  );
  return configFromObject({ channels }, { folder: "/", systemZone: "Europe/Berlin", reservedIds: [] });
}

/** The whole of the pages over footage in memory. */
export async function pagesApp(
  assetFolder: string,
  footage = worldOf(),
  change: PagesChange = {},
): Promise<AnyElysia> {
  const { files } = change;
  const recording: CaptureState = { state: "recording", sinceMs: now, attempts: 0, lastSampleMs: now };
  const offline: CaptureState = {
    ...recording,
    state: "waiting",
    end: { reason: "source-broken", detail: evil },
  };
  const status = new StatusReader({
    clock,
    footage,
    history: footage,
    capture: (channel) => (channel === "yard" ? recording : offline),
    source: (channel) => files?.sources[channel],
    arrivals: (channel) => files?.arrivals[channel],
    storage: () => ({ path: evil, isFull: false, freeBytes: 1e9, messages: [evil] }),
    ffmpeg: () => "/usr/bin/ffmpeg",
    databaseTrouble: () => undefined,
    version: "1.2.3",
  });
  const assets = await loadAssets(assetFolder);
  const site = siteOf({
    assets,
    version: "1.2.3",
    zone: "Europe/Berlin",
    auth: change.auth ?? ("accounts" as const),
  });
  const { publicUrl, role } = change;
  return buildApp({
    ...(role === undefined ? {} : { identify: () => ({ role, name: "anna", how: "session" as const }) }),
    playback: { footage, clock, segmentTargetMs: 2_000, publicUrl },
    hosts: { isLoopbackOnly: true, publicUrl },
    controllers: [
      assets.routes,
      statusRoutes({ status, footage }),
      ...(files
        ? [filePages({ site, status, footage, publicUrl, config: () => configOf(files), ...files })]
        : []),
      pages({
        site,
        status,
        footage,
        history: footage,
        storageUse: () => ({
          roots: [{ path: evil, isThere: true, isCurrent: true, sizeBytes: 1e9, clipBytes: 0 }],
          keep: new Map([["yard", { days: 5 }]]),
          minFreeBytes: 5e8,
          lockedBytes: 0,
          elsewhereBytes: 0,
        }),
        publicUrl,
        configFile: "/etc/nightjar/nightjar.yaml",
      }),
    ],
    errorPage: errorPage(site, footage),
  });
}

/** Asks as a browser does. */
export async function ask(
  server: AnyElysia,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
) {
  const response = await server.handle(
    new Request(`http://localhost${path}`, { method, headers: { accept: "text/html", ...headers } }),
  );
  return { response, status: response.status, headers: response.headers, text: await response.text() };
}
