import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { journalRedate } from "../../src/archive/journal/journal.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar, nightjarCommand, type TestConfig } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

setDefaultTimeout(60_000);

const channels = ["court", "street"] as const;
const demo = (keep?: Record<string, unknown>): TestConfig => ({
  storage: { path: "./footage", flush: "1s", min_free: "1MB" },
  channels: {
    court: { source: "demo:courtyard", ...(keep ? { keep } : {}) },
    street: { source: "demo:street", ...(keep ? { keep } : {}) },
  },
});

const AGED_MS = 3 * 86_400_000;
/** By this limit all that was recorded three days ago should go. */
const STRICT = demo({ hours: 24 });

const files = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => statSync(join(folder, name)).isFile())
        .sort()
    : [];

/** Every file below a folder with a hash of its bytes. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    files(folder).map((name) => [name, Bun.hash(readFileSync(join(folder, name))).toString(36)]),
  );

const health = z.object({
  status: z.string(),
  reasons: z.array(z.object({ code: z.string(), message: z.string() })),
});

const healthOf = async (server: Nightjar) => health.parse(await (await server.fetch("/health")).json());

/** Three recordings of each channel, three days old, of which one is locked; the server is stopped. */
let master: TempFolder;
/** What lay there then. */
let before: Record<string, string>;
let lists: Record<string, string>;
let fromSeconds: number;

/** The middle recording of a channel: a lock file of somebody's own, empty, lies beside it. */
const lockedOf = (channel: string): string =>
  Object.keys(before).filter((name) => name.startsWith(`${channel}/`) && name.endsWith(".mp4"))[1]!;

/** All that is three days old. */
const agedPath = (id: string): string => `/${id}/archive-${fromSeconds}-60.m3u8`;

beforeAll(async () => {
  master = await tempFolder("nightjar-lost-");
  const footage = master.file("footage");
  fromSeconds = Math.floor((Date.now() - AGED_MS) / 1000) - 5;
  for (let run = 0; run < 3; run += 1) {
    await using server = await Nightjar.start({ folder: master.path, config: demo() });
    await waitForRecording(server, channels, { withFootage: true });
    await server.stop();
  }
  // A clock that was three days ahead and was set right: the journals are told, and the index is made from them.
  for (const name of files(footage).filter((each) => each.endsWith(".m3u8")))
    appendFileSync(join(footage, name), journalRedate(-AGED_MS, -AGED_MS));
  before = contents(footage);
  for (const id of channels) await Bun.write(join(footage, lockedOf(id).replace(/mp4$/, "lock")), "");
  before = contents(footage);
  await nightjarCommand(["reindex"], { folder: master.path });
  await using server = await Nightjar.start({ folder: master.path, config: { ...demo(), channels: {} } });
  lists = {};
  for (const id of channels) lists[id] = await server.text(agedPath(id));
  await server.stop();
}, 60_000);
afterAll(() => master[Symbol.asyncDispose]());

/** A copy of what was recorded, to be damaged. */
async function copy(): Promise<TempFolder> {
  const folder = await tempFolder("nightjar-lost-");
  cpSync(master.path, folder.path, { recursive: true });
  return folder;
}

/** Deletes a database; what SQLite keeps beside it after a kill is left there, as a hand in a hurry does. */
function lose(folder: TempFolder, lost: readonly string[]): void {
  for (const name of lost) rmSync(folder.file("data", `${name}.db`));
}

/** Nothing that lay there is gone or other. */
function expectAllThere(folder: string): void {
  const now = contents(folder);
  for (const [name, hash] of Object.entries(before))
    expect({ name, hash: now[name] }).toEqual({ name, hash });
}

/** The media files that are three days old, as far as they are still there. */
const agedLeft = (folder: TempFolder): string[] =>
  Object.keys(before).filter((name) => name.endsWith(".mp4") && existsSync(folder.file("footage", name)));

const ls = z.object({
  channels: z.array(
    z.object({
      id: z.string(),
      recordings: z.number(),
      days: z.array(z.object({ lockedRecordings: z.number() })),
    }),
  ),
});

async function listed(folder: TempFolder) {
  const done = await nightjarCommand(["ls", "--json"], { folder: folder.path });
  return ls.parse(JSON.parse(done.stdout)).channels.map(({ id, recordings, days }) => ({
    id,
    recordings,
    locked: days.reduce((sum, day) => sum + day.lockedRecordings, 0),
  }));
}

test.concurrent("with both databases the limit applies, but for what is locked", async () => {
  await using folder = await copy();
  await using server = await Nightjar.start({ folder: folder.path, config: STRICT });
  await waitFor("the limits", () => agedLeft(folder).length <= channels.length);
  expect(agedLeft(folder)).toEqual(channels.map(lockedOf));
  await server.stop();
});

test.concurrent.each([
  { lost: ["state"], when: "after a stop" },
  { lost: ["index"], when: "after a kill" },
  { lost: ["state", "index"], when: "after a kill" },
])(
  "$lost deleted $when: nothing is erased, all plays as before, locks hold, and what to do is said",
  async ({ lost, when }) => {
    await using folder = await copy();
    if (when === "after a kill") {
      await using server = await Nightjar.start({ folder: folder.path, config: demo() });
      await waitForRecording(server, channels, { withFootage: true });
      await server.kill();
      expect(existsSync(folder.file("data", "index.db-wal"))).toBe(true);
    }
    lose(folder, lost);
    {
      await using server = await Nightjar.start({ folder: folder.path, config: STRICT });
      await waitForRecording(server, channels, { withFootage: true });
      for (const id of channels) expect(await server.text(agedPath(id))).toBe(lists[id]!);
      await Bun.sleep(1500);
      expectAllThere(folder.file("footage"));
      const { reasons } = await healthOf(server);
      const said = reasons.find(({ code }) => code === "storage-message");
      expect(said?.message).toContain("A database was lost");
      expect(said?.message).toContain("nightjar storage confirm");
      await server.stop();
    }
    expectAllThere(folder.file("footage"));
    for (const { locked } of await listed(folder)) expect(locked).toBe(1);

    // A person says that the limits are meant: they apply, and stop at the locks.
    const confirmed = await nightjarCommand(["storage", "confirm"], { folder: folder.path });
    expect(confirmed.code).toBe(0);
    await using server = await Nightjar.start({ folder: folder.path, config: STRICT });
    await waitFor("the limits", () => agedLeft(folder).length <= channels.length);
    expect(agedLeft(folder)).toEqual(channels.map(lockedOf));
    await server.stop();
    const kept = contents(folder.file("footage"));
    for (const id of channels) {
      const locked = lockedOf(id);
      for (const name of [locked, locked.replace(/mp4$/, "m3u8"), locked.replace(/mp4$/, "lock")])
        expect({ name, hash: kept[name] }).toEqual({ name, hash: before[name] });
    }
  },
);

test.concurrent.each([
  { what: "is empty, index.db deleted", put: "nothing", lost: ["index"] },
  { what: "is not there", put: "no folder", lost: [] },
  { what: "is another one, state.db deleted", put: "another", lost: ["state"] },
] as const)(
  "the storage $what, at the start: nothing is recorded there, and the right one is taken up when it comes",
  async ({ put, lost }) => {
    await using folder = await copy();
    lose(folder, lost);
    const place = folder.file("footage");
    renameSync(place, folder.file("disk"));
    if (put !== "no folder") await mkdir(place);
    const otherId = `${JSON.stringify({ id: "another", format: 1 })}\n`;
    if (put === "another") await Bun.write(join(place, ".nightjar-storage.json"), otherId);
    const found = contents(place);
    await using server = await Nightjar.start({ folder: folder.path, config: demo() });
    const { status, reasons } = await waitFor("the answer about the storage", async () => {
      const answer = await healthOf(server);
      return answer.reasons.some(({ code }) => code === "storage-missing") && answer;
    });
    expect(status).toBe("failing");
    const said = reasons.find(({ code }) => code === "storage-missing")!.message;
    expect(said).toContain(place);
    expect(said).toContain(`nightjar storage add ${place}`);
    expect(server.logText).toContain("Nothing can be recorded");
    await Bun.sleep(3000);
    expect(contents(place)).toEqual(found);
    expect(existsSync(place)).toBe(put !== "no folder");

    // The disk is there again.
    rmSync(place, { recursive: true, force: true });
    renameSync(folder.file("disk"), place);
    await waitForRecording(server, channels, { withFootage: true });
    for (const id of channels) expect(await server.text(agedPath(id))).toBe(lists[id]!);
    await server.stop();
    for (const { locked } of await listed(folder)) expect(locked).toBe(1);
    for (const id of channels) expect(contents(place)[lockedOf(id)]).toBe(before[lockedOf(id)]!);
  },
);

test.concurrent(
  "another storage: what is said to do puts it in use, and leaves the former one alone",
  async () => {
    await using folder = await copy();
    const place = folder.file("footage");
    renameSync(place, folder.file("disk"));
    await mkdir(place);
    await Bun.write(join(place, "somebody-elses.txt"), "mine");
    await using server = await Nightjar.start({ folder: folder.path, config: demo() });
    const said = await waitFor("what to do", async () =>
      /nightjar (storage add \S+)/.exec(
        (await healthOf(server)).reasons.map(({ message }) => message).join("\n"),
      ),
    );
    const done = await nightjarCommand(said?.[1]?.split(" ") ?? [], { folder: folder.path });
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: "" });
    await waitForRecording(server, channels, { withFootage: true });
    await server.stop();
    expect(await Bun.file(join(place, "somebody-elses.txt")).text()).toBe("mine");
    const media = files(place).filter((name) => name.endsWith(".mp4"));
    expect(new Set(media.map((name) => name.split("/")[0]))).toEqual(new Set(channels));
    expect(contents(folder.file("disk"))).toEqual(before);
  },
);
