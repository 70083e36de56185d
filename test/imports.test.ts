import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join, normalize, relative, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };

const root = resolve(import.meta.dir, "..");
const MAXIMUM_LINES = 400;

/** Floors of the house, from the ground up: a room may import from rooms on floors below its own. */
const FLOORS: readonly (readonly string[])[] = [
  ["platform"],
  ["media"],
  ["config", "db"],
  [
    "access",
    "accounts",
    "archive",
    "cameras",
    "capture",
    "cli",
    "clips",
    "conversion",
    "export",
    "import",
    "jobs",
    "locks",
    "moment",
    "notify",
    "playback",
    "service",
    "setup",
    "status",
    "still",
    "timelapse",
    "uploads",
  ],
  ["views"],
  ["pages"],
  ["app", "demo", "listen"],
  ["serve"],
  ["main"],
];

/** Which rooms of its own floor a room may also import from. */
const NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  accounts: ["access"],
  // Only the contract by which samples are handed over: capture says what it needs.
  archive: ["capture"],
  clips: ["access", "archive", "jobs", "playback"],
  conversion: ["access", "archive", "jobs", "playback", "status"],
  export: ["access", "archive", "clips", "jobs", "playback", "status"],
  import: ["archive", "uploads"],
  jobs: ["access", "status"],
  moment: ["access", "archive", "clips", "export", "jobs", "playback", "status", "still"],
  timelapse: ["access", "archive", "clips", "export", "jobs", "playback", "status", "still"],
  cameras: ["capture", "status", "still", "uploads"],
  playback: ["access", "archive"],
  locks: ["access", "archive", "playback"],
  status: ["access", "archive", "capture", "playback"],
  notify: ["archive", "capture", "status"],
  service: ["cli"],
  still: ["access", "archive", "playback"],
  uploads: ["access", "archive", "capture"],
};

/** Packages and functions that one place alone may know, and why. */
const RESERVED = [
  { what: "drizzle", pattern: /from "drizzle-/, allowed: /^src\/db\// },
  {
    what: "child processes",
    pattern: /Bun\.spawn|from "(node:)?child_process"/,
    allowed: /^src\/platform\/(process|run-tool)\.ts$/,
  },
  { what: "process.exit", pattern: /process\.exit\(/, allowed: /^src\/(main|platform\/signals)\.ts$/ },
];

type SourceFile = { path: string; text: string };

const filesIn = (folders: readonly string[]): SourceFile[] =>
  folders.flatMap((folder) =>
    [...new Bun.Glob(`${folder}/**/*.{ts,tsx}`).scanSync(root)]
      .toSorted()
      .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })),
  );

const sources = filesIn(["src", "views"]);

/** The room that a file belongs to: the folder below `src`, the name of a file in `src`, or `views`. */
const roomOf = (path: string): string => {
  const [top, second = ""] = path.split("/");
  return top === "views" ? "views" : second.replace(/\.tsx?$/, "");
};

const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room));

/** What a file imports, types included. */
const importsOf = ({ text }: SourceFile): string[] =>
  [
    ...text.matchAll(
      /^(?:import|export)\b[^;"]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? "");

const isRelative = (specifier: string): boolean => specifier.startsWith(".");

const targetOf = (file: SourceFile, specifier: string): string => normalize(join(file.path, "..", specifier));

function isAllowed(from: string, to: string): boolean {
  if (from === to) return true;
  return floorOf(to) < floorOf(from) || (NEIGHBOURS[from] ?? []).includes(to);
}

describe("the arrows between the rooms run one way", () => {
  test("every room has its floor", () => {
    expect(sources.filter(({ path }) => floorOf(roomOf(path)) < 0).map(({ path }) => path)).toEqual([]);
  });

  test("no import runs back, or to a neighbour who is not listed", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter(isRelative)
        .map((specifier) => targetOf(file, specifier))
        .filter((target) => /^(src|views)\//.test(target) && !isAllowed(roomOf(file.path), roomOf(target)))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("nothing outside of src and views is imported, but for package.json", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter(isRelative)
        .map((specifier) => targetOf(file, specifier))
        .filter((target) => !/^(src|views)\//.test(target) && target !== "package.json")
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("imports name files that exist, with their extension", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => isRelative(specifier) && !existsSync(join(root, targetOf(file, specifier))))
        .map((specifier) => `${file.path} -> ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test("the executable holds no package that only tests need", () => {
    const forTests = Object.keys(packageJson.devDependencies);
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((specifier) =>
          forTests.some((name) => specifier === name || specifier.startsWith(`${name}/`)),
        )
        .map((specifier) => `${file.path} -> ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test.each(RESERVED)("$what: known in one place only", ({ pattern, allowed }) => {
    const wrong = sources.filter(({ path, text }) => pattern.test(text) && !allowed.test(path));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe("files", () => {
  const all = [...sources, ...filesIn(["test"])];

  test(`have at most ${MAXIMUM_LINES} lines`, () => {
    const long = all.filter(({ text }) => text.split("\n").length - 1 > MAXIMUM_LINES);
    expect(long.map(({ path, text }) => `${path}: ${text.split("\n").length - 1}`)).toEqual([]);
  });

  test("hold no unfinished work and no test that is left out", () => {
    const here = relative(root, import.meta.path);
    const marks = /\b(TODO|FIXME|XXX|HACK)\b|\b(test|it|describe)\.(skip|only|todo|failing)\b|@ts-ignore/;
    const unfinished = all.filter(({ path, text }) => path !== here && marks.test(text));
    expect(unfinished.map(({ path }) => path)).toEqual([]);
  });
});
