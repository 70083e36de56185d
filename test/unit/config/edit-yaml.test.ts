import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "yaml";
import { type ChannelEdit, editYaml, type KeyChanges } from "../../../src/config/edit-yaml.ts";
import { lostComments } from "../../../src/config/edit-merge.ts";

const file = `# Head

listen:    0.0.0.0:6478     # all
data:  "./d"


storage:   { path: /mnt/cctv,   min_free: 5% }   # disk
channels:
    # the door
    front-door:
        name:   "Front: door"     # quoted
        source: rtsp://user:p%40ss@192.168.0.186:554/stream1   # long ${"x".repeat(90)}
        keep: {days: 5}


    garden:
        source: 'rtsp://h/s'
        was:
        - old
        - older
        # in the garden

# the end
log: {level: info}
`;

/** Lines that went and lines that came, with their marks. */
function changedLines(before: string, after: string): string[] {
  const old = before.split("\n");
  const next = after.split("\n");
  const gone = old.filter((line) => !next.includes(line)).map((line) => `- ${line.trim().slice(0, 40)}`);
  return [...gone, ...next.filter((line) => !old.includes(line)).map((line) => `+ ${line.slice(0, 50)}`)];
}

const edited = (edit: ChannelEdit, text = file) => changedLines(text, editYaml(text, edit));

describe("a change of the file", () => {
  test("adds a channel behind the last one, and touches nothing else", () => {
    const keys = { name: "New", source: "rtsp://a:b@h/x", keep: { days: 3, size: "5GB" }, audio: false };
    expect(edited({ kind: "add", id: "new", keys })).toEqual([
      "+     new:",
      "+         name: New",
      "+         source: rtsp://a:b@h/x",
      "+         keep: { days: 3, size: 5GB }",
      "+         audio: false",
    ]);
    const text = editYaml(file, { kind: "add", id: "new", keys });
    expect(text).toContain("        # in the garden\n    new:\n");
    expect(text).toContain("        audio: false\n\n# the end\n");
  });

  test("changes the lines of the keys that change, with their comments", () => {
    const keys = { name: "Front", keep: { days: 7, size: "1TB" }, enabled: false };
    expect(edited({ kind: "change", id: "front-door", keys })).toEqual([
      '- name:   "Front: door"     # quoted',
      "- source: rtsp://user:p%40ss@192.168.0.186",
      "- keep: {days: 5}",
      '+         name: "Front" # quoted',
      `+         source: rtsp://user:p%40ss@192.168.0.186:5`,
      "+         keep: { days: 7, size: 1TB }",
      "+         enabled: false",
    ]);
  });

  test("takes keys out, and groups that nothing is left in", () => {
    const text = editYaml(file, { kind: "change", id: "front-door", keys: { keep: { days: undefined } } });
    expect(changedLines(file, text)).toEqual(["- keep: {days: 5}"]);
  });

  test("renames, and keeps the old id for the footage", () => {
    const text = editYaml(file, { kind: "change", id: "garden", newId: "yard", keys: {} });
    expect(parse(text)).toMatchObject({
      channels: { yard: { source: "rtsp://h/s", was: ["old", "older", "garden"] } },
    });
    expect(text).toContain("        # in the garden");
    expect(text).toContain("listen:    0.0.0.0:6478     # all\n");
    const back = editYaml(text, { kind: "change", id: "yard", newId: "garden", keys: {} });
    expect(parse(back).channels.garden.was).toEqual(["old", "older", "yard"]);
  });

  test("removes a channel with its lines, and leaves the comments of others", () => {
    expect(edited({ kind: "remove", id: "front-door" })).toEqual([
      "- front-door:",
      '- name:   "Front: door"     # quoted',
      "- source: rtsp://user:p%40ss@192.168.0.186",
      "- keep: {days: 5}",
    ]);
    const text = editYaml(file, { kind: "remove", id: "garden" });
    expect(text).toContain("# the door\n");
    expect(text).toContain("# the end\n");
    expect(text).not.toContain("# in the garden");
  });
});

describe("files of every writing", () => {
  const add: ChannelEdit = { kind: "add", id: "new", keys: { source: "demo:" } };

  test.each([
    ["", 'channels:\n  new:\n    source: "demo:"\n'],
    ["# nothing yet\n", '# nothing yet\n\nchannels:\n  new:\n    source: "demo:"\n'],
    ["channels: {}\n", 'channels:\n  new:\n    source: "demo:"\n'],
    ["channels:\n#  a:\n#    source: x\n", 'channels:\n#  a:\n#    source: x\n  new:\n    source: "demo:"\n'],
    [
      "channels: { a: { source: 'demo:' } } # x",
      "channels: { a: { source: 'demo:' }, new: { source: \"demo:\" } } # x\n",
    ],
    [
      "channels:\r\n  a:\r\n    source: x\r\n",
      'channels:\r\n  a:\r\n    source: x\r\n  new:\r\n    source: "demo:"\r\n',
    ],
    ["channels:\n  a:\n    source: x", 'channels:\n  a:\n    source: x\n  new:\n    source: "demo:"\n'],
    ["\uFEFFdata: d\n", '\uFEFFdata: d\nchannels:\n  new:\n    source: "demo:"\n'],
  ])("%j", (before, after) => {
    expect(editYaml(before, add)).toBe(after);
  });

  const shared =
    "channels:\n  a: &c\n    source: x\n    keep: &k {days: 2}\n  b: *c\n  d: {source: y, keep: *k}\n";

  test("an alias becomes its own copy before it is changed", () => {
    const after = parse(editYaml(shared, { kind: "change", id: "d", keys: { keep: { days: 9 } } }));
    expect(after.channels).toEqual({
      a: { source: "x", keep: { days: 2 } },
      b: { source: "x", keep: { days: 2 } },
      d: { source: "y", keep: { days: 9 } },
    });
  });

  test.each([
    [shared, { kind: "change", id: "a", keys: { keep: { days: 9 } } }, /way that can't be changed from here/],
    [shared, { kind: "remove", id: "a" }, /way that can't be changed from here/],
    ["channels: [a]\n", add, /way that can't be changed from here/],
    ["a: [\n", add, /can't be read as YAML/],
    ["- a\n", add, /way that can't be changed from here/],
    [file, { kind: "add", id: "garden", keys: {} }, /There is a channel garden already/],
    [file, { kind: "change", id: "garden", newId: "front-door", keys: {} }, /channel front-door already/],
    [file, { kind: "remove", id: "x" }, /no channel x/],
  ] as const)("what it can't do, it says: %#", (text, edit, message) => {
    expect(() => editYaml(text, edit)).toThrow(message);
  });
});

describe("whatever is written", () => {
  const words = fc.constantFrom(
    "a",
    "Front: door",
    "# no",
    "yes",
    "- x",
    "0x1",
    "ü",
    "'",
    '"',
    "a\\b",
    "{",
    "*x",
    "%",
  );
  const keys = fc.record(
    {
      name: words,
      source: fc.constantFrom("rtsp://u:p%40@h/x?a=b#c", "demo:", "rtsp://h"),
      audio: fc.boolean(),
      keep: fc.record({ days: fc.nat(99), size: fc.constantFrom("5GB", "1TB") }, { requiredKeys: [] }),
      timezone: fc.option(words, { nil: undefined }),
    },
    { requiredKeys: ["source"] },
  );
  const lines = fc.array(
    fc.constantFrom(
      "# one",
      "",
      "data: x   # where",
      "  ",
      "log: {level: info}",
      "storage:\n   path: /x # deep",
      "#two",
    ),
    { maxLength: 6 },
  );

  test("the file says what was wanted, all else is as before, and no comment of a change is lost", () => {
    fc.assert(
      fc.property(
        lines,
        keys,
        keys,
        words,
        fc.integer({ min: 1, max: 6 }),
        (extra, first, second, name, indent) => {
          const head = [
            ...new Map(extra.map((line) => [/^\w+/.exec(line)?.[0] ?? crypto.randomUUID(), line])).values(),
          ];
          const margin = " ".repeat(indent);
          const channels = `channels:\n${margin}a:\n${margin}  ${margin}source: x # of a\n${margin}  ${margin}# in a\n`;
          const text = `${head.join("\n")}\n${channels}# behind\n`;
          const before = parse(text);

          const added = editYaml(text, { kind: "add", id: "b", keys: first as KeyChanges });
          expect(parse(added).channels.a).toEqual({ source: "x" });
          expect(parse(added).channels.b.source).toBe(first.source);
          expect(lostComments(text, added)).toEqual([]);
          expect({ ...parse(added), channels: 0 }).toEqual({ ...before, channels: 0 });

          const changed = editYaml(added, {
            kind: "change",
            id: "b",
            keys: { ...(second as KeyChanges), name },
          });
          expect(parse(changed).channels.b).toMatchObject({ name, source: second.source });
          expect(lostComments(added, changed)).toEqual([]);

          const removed = editYaml(changed, { kind: "remove", id: "b" });
          expect(parse(removed)).toEqual(before);
          expect(lostComments(text, removed)).toEqual([]);
        },
      ),
      { seed: 9, numRuns: 150 },
    );
  }, 20_000);
});
