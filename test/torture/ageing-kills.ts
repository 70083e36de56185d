import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Nightjar } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { configOf, DATE, dayFolder, listedDay, makeDay, namesIn, spansOf } from "./ageing-day.ts";

type ShownJob = {
  id: number;
  title: string;
  state: string;
  note: string;
  error: string | null;
  attempt: number;
};

/** The newest job of ageing a date. */
export async function jobOf(server: Nightjar, date: string): Promise<ShownJob | undefined> {
  const { jobs } = (await (await server.fetch("/api/jobs?kind=ageing")).json()) as {
    jobs: (ShownJob & { link: string | null })[];
  };
  const [year, month, day] = date.split("-").map(Number);
  const words = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day)).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  return jobs.find(({ title }) => title.includes(words));
}

/** Longest time between two kills: that of two pieces, so that some are done and some are not when all kills are over. */
const MOST_MS = 14_000;

export type KilledReport = { kills: number; pieces: number; encoded: number; faults: string[] };

const piecesIn = async (folder: string): Promise<number> =>
  (await readdir(join(dayFolder(folder), ".ageing")).catch(() => [])).filter((name) =>
    name.startsWith("piece-"),
  ).length;

/**
 * Kills a server that ages a day, again and again at random moments, and looks each time at what there is: lists cover what
 * they covered, and what they name can be read; nothing of a piece that was done is done again.
 */
export async function killedDay(kills: number, hours = 24): Promise<KilledReport> {
  await using folder = await tempFolder();
  await makeDay({ folder: folder.path, hours });
  const report: KilledReport = { kills: 0, pieces: 0, encoded: 0, faults: [] };
  const options = { folder: folder.path, config: configOf() };
  let before: string | undefined;
  let done = 0;
  for (let round = 0; ; round++) {
    await using server = await Nightjar.start(options);
    const covered = JSON.stringify(rounded(await listedDay(server)));
    before ??= covered;
    if (covered !== before) report.faults.push(`round ${round}: the lists cover ${covered}, not ${before}`);
    const names = await namesIn(dayFolder(folder.path));
    const isAged = names.includes("video.mp4");
    if (isAged) report.faults.push(...(await checksumFaults(folder.path)));
    else if (!names.some((name) => name.startsWith("00-30-00")))
      report.faults.push(`round ${round}: neither is there`);
    const job = await jobOf(server, DATE);
    if (job?.state === "failed") {
      // The queue gives up on work that is killed eight times without getting further; a person begins it anew.
      if (!job.error?.includes("was ended")) report.faults.push(`round ${round}: ${job.error}`);
      await server.fetch(`/api/jobs/${job.id}/retry`, { method: "POST" });
    }
    if (isAged && (job?.state === "done" || round > kills)) break;
    const until = Date.now() + (round < kills ? 1500 + Math.random() * MOST_MS : 1_200_000);
    while (Date.now() < until) {
      await Bun.sleep(200);
      const now = await piecesIn(folder.path);
      if (now > done) report.encoded += now - done;
      done = Math.max(done, now);
      report.pieces = Math.max(report.pieces, now);
      if (round >= kills && (await jobOf(server, DATE))?.state === "done") break;
    }
    if (round < kills) {
      await server.kill();
      report.kills++;
      const left = await piecesIn(folder.path);
      if (left < done && !(await namesIn(dayFolder(folder.path))).includes("video.mp4"))
        report.faults.push(`round ${round}: of ${done} pieces ${left} are left`);
      await server.nothingLeft().catch((error: unknown) => report.faults.push(String(error)));
    } else await server.stop();
  }
  return report;
}

/** Spans to a tenth of a second. */
const rounded = (lists: Awaited<ReturnType<typeof listedDay>>) =>
  Object.fromEntries(
    Object.entries(lists).map(([name, spans]) => [
      name,
      spansOf(spans).map((span) => span.map((ms) => Math.round(ms / 100))),
    ]),
  );

async function checksumFaults(folder: string): Promise<string[]> {
  const names = (await namesIn(dayFolder(folder))).filter((name) => name.endsWith(".sha512sum"));
  const faults: string[] = [];
  for (const name of names) {
    const { code, stdout } = await finished([
      "sh",
      "-c",
      'cd "$0" && sha512sum -c "$1"',
      dayFolder(folder),
      name,
    ]);
    if (code !== 0) faults.push(`${name}: ${stdout}`);
  }
  return faults;
}
