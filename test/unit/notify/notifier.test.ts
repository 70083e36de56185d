import { afterEach, beforeEach, expect, test } from "bun:test";
import type { ArrivalStatus, ChannelStatus } from "../../../src/capture/channel-status.ts";
import type { NotifyConfig } from "../../../src/config/notify.ts";
import { SecretText } from "../../../src/config/secret-text.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import { Notifier } from "../../../src/notify/notifier.ts";
import { SimulatedMachine } from "../../support/simulated-machine.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const T = Date.UTC(2026, 10, 21, 14);

let folder: TempFolder;
let state: StateDatabase;
let machine: SimulatedMachine;
let capture: ChannelStatus;
let missing: { reason: "disk-missing"; detail: string } | undefined;
let databaseTrouble: string | undefined;
let arrivals: ArrivalStatus | undefined;
const got: string[] = [];
const notifiers: Notifier[] = [];

const receiver = (name: string, change: Partial<NotifyConfig> = {}): NotifyConfig => ({
  url: new SecretText(`https://h/${name}`, "https://h/…"),
  format: "json",
  headers: [],
  events: ["offline", "online", "storage", "storage-back"],
  afterMs: 3000,
  ...change,
});

function start(...notify: NotifyConfig[]): Notifier {
  const notifier = new Notifier({
    state,
    clock: machine.start().clock,
    footage: {
      channels: () => [{ id: "yard", name: "Yard", zone: "UTC", isRetired: false }],
      outage: () => undefined,
    },
    capture: () => capture,
    source: () => (arrivals ? { kind: "upload" } : undefined),
    arrivals: () => arrivals,
    storage: () => ({ path: "/mnt", missing, isFull: false, messages: [] }),
    ffmpeg: () => "/usr/bin/ffmpeg",
    databaseTrouble: () => databaseTrouble,
    post: ({ url }, { body }) => {
      const { event, reason } = JSON.parse(body);
      got.push(`${new URL(url.reveal()).pathname} ${event} ${reason}`.trim());
      return Promise.resolve({ kind: "taken" });
    },
  });
  notifier.start({ notify, zone: "UTC" });
  notifiers.push(notifier);
  return notifier;
}

async function pass(seconds: number): Promise<string[]> {
  for (let left = seconds; left > 0; left--) await machine.pass(1000);
  return got.splice(0);
}

const recording = (): ChannelStatus => ({ state: "recording", sinceMs: T, attempts: 0 });
const offline = (): ChannelStatus => ({
  state: "waiting",
  sinceMs: T,
  attempts: 3,
  end: { reason: "source-offline", detail: "" },
});

beforeEach(async () => {
  folder = await tempFolder();
  state = StateDatabase.open(folder.file("state.db"));
  machine = new SimulatedMachine(T);
  capture = recording();
  missing = undefined;
  databaseTrouble = undefined;
  arrivals = undefined;
});
afterEach(async () => {
  await Promise.all(notifiers.splice(0).map((notifier) => notifier.stop()));
  state.close();
  await folder[Symbol.asyncDispose]();
  got.length = 0;
});

test("each receiver is told by its own rules", async () => {
  start(receiver("a"), receiver("b", { afterMs: 10_000 }), receiver("c", { events: ["storage"] }));
  expect(await pass(5)).toEqual([]);
  capture = offline();
  expect(await pass(6)).toEqual(["/a offline source-offline"]);
  expect(await pass(6)).toEqual(["/b offline source-offline"]);
  missing = { reason: "disk-missing", detail: "not mounted" };
  expect(await pass(5)).toEqual(["/a storage storage-missing", "/c storage storage-missing"]);
  capture = recording();
  missing = undefined;
  const back = await pass(2);
  expect(back.filter((message) => message.startsWith("/a"))).toEqual([
    "/a storage-back storage-missing",
    "/a online",
  ]);
  expect(back.filter((message) => message.startsWith("/b"))).toEqual(["/b online"]);
});

test("databases that fail are told although nothing can be stored, once", async () => {
  start(receiver("a"));
  await pass(1);
  databaseTrouble = "disk I/O error";
  expect(await pass(60)).toEqual(["/a storage database-unusable"]);
});

test("a changed configuration keeps what was told; new receivers start afresh, others are gone", async () => {
  const notifier = start(receiver("a"), receiver("b"));
  capture = offline();
  expect(await pass(5)).toEqual(["/a offline source-offline", "/b offline source-offline"]);
  await notifier.configure({
    notify: [receiver("a", { afterMs: 1000 }), receiver("c")],
    zone: "UTC",
  });
  expect(await pass(5)).toEqual(["/c offline source-offline"]);
  capture = recording();
  expect(await pass(2)).toEqual(["/a online", "/c online"]);
});

test("after a restart nothing is told twice", async () => {
  const first = start(receiver("a"));
  capture = offline();
  expect(await pass(5)).toEqual(["/a offline source-offline"]);
  await first.stop();
  start(receiver("a"));
  expect(await pass(10)).toEqual([]);
  capture = recording();
  expect(await pass(2)).toEqual(["/a online"]);
});

test("the same address twice is two receivers", async () => {
  start(receiver("a"), receiver("a", { afterMs: 6000 }));
  capture = offline();
  expect(await pass(10)).toEqual(["/a offline source-offline", "/a offline source-offline"]);
});

test("uploads that stay away are told, and that they come again", async () => {
  const HOUR = 3_600_000;
  const quiet = { lateFiles: 0, quarantinedFiles: 0, unreadable: [], unreadableFiles: 0 };
  arrivals = { ...quiet, lastArrivalMs: T - 2 * HOUR + 3000 };
  start(receiver("a"));
  expect(await pass(2)).toEqual([]);
  expect(await pass(6)).toEqual(["/a offline not-uploaded"]);
  arrivals = { ...quiet, lastArrivalMs: T + 8000 };
  expect(await pass(2)).toEqual(["/a online"]);
});
