import { describe, expect, test } from "bun:test";
import { channelIdProblem, reservedIdSet } from "../../../src/config/channel-id.ts";
import { chooseId } from "../../../src/import/files/channel-ids.ts";
import { FileMistake } from "../../../src/import/files/found.ts";
import { parseIni } from "../../../src/import/files/ini.ts";
import { findLiteral, parseLiteral, type Literal } from "../../../src/import/files/literal.ts";
import { nameFromAddress, parseList } from "../../../src/import/files/lists.ts";
import { parsePvrIni } from "../../../src/import/files/pvr-ini.ts";

/** A literal as the value that it stands for. */
function plain(value: Literal): unknown {
  if (value.kind === "list") return value.items.map(plain);
  if (value.kind === "group")
    return Object.fromEntries([...value.entries].map(([key, each]) => [key, plain(each)]));
  return value.kind === "nothing" ? null : value.value;
}

function mistake(work: () => unknown): FileMistake {
  try {
    work();
  } catch (error) {
    if (error instanceof FileMistake) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("literals", () => {
  test("JSON is read as JSON reads it", () => {
    const value = { a: [1, -2.5e3, true, false, null, 'x\n"é\u00e9\\'], b: { c: [] }, "": {} };
    expect(plain(parseLiteral(JSON.stringify(value, undefined, 2)))).toEqual(value);
    expect(plain(parseLiteral('"\\u00e9\\/"'))).toBe("é/");
  });

  test("JavaScript and Python may write it their way", () => {
    const text = `// cameras
      [ { cameraID: 'a', "on": True, off: None, }, # the first
        /* the second */ {'cameraID': "b", n: .5}, (1, 2), ]`;
    expect(plain(parseLiteral(text))).toEqual([
      { cameraID: "a", on: true, off: null },
      { cameraID: "b", n: 0.5 },
      [1, 2],
    ]);
  });

  test.each([
    ["[1,\n 2", 2, "the end of the file", "a comma or ]"],
    ['{"a" 1}', 1, '"1"', "a colon behind the key"],
    ["[\n\n?]", 3, '"?"', "a value: a text in quotes, a number, a list or a group"],
    ['[\n"abc\n]', 2, "a text without its end", '" behind the text'],
    ["[] x", 1, "something behind the list", "the end of the file"],
    ["[process.env.X]", 1, '"p"', "a value: a text in quotes, a number, a list or a group"],
    ["[".repeat(60), 1, "lists in lists without end", "one list"],
    ['"\\u12"', 1, "\\u without digits", "4 hex digits behind it"],
  ])("not %p", (text, line, found, wanted) => {
    expect(mistake(() => parseLiteral(text))).toMatchObject({ line, found, wanted });
  });

  test("in a program, texts and comments are passed by", () => {
    const text = `a = "[9]" # [9]\nb = '''\n[9]\n'''\nc = [x]\nd = [7]\n`;
    expect(findLiteral(text, (value) => value.kind === "list")).toMatchObject({ line: 6 });
    expect(findLiteral("no list", () => true)).toBeUndefined();
  });
});

describe("the channel list of HLS PVR", () => {
  const list = (...channels: unknown[]) => parseList(JSON.stringify(channels, undefined, 1)).channels;

  test("source or source_url, and hours", () => {
    expect(
      list(
        { source: "http://o/live/news.m3u8", depth_in_hours: 72 },
        { source_url: "https://u:p@o/a/sport.stream/index.m3u8?t=/x.y", depth_in_hours: "24" },
        { source: "http://o/x.m3u8", depth_in_hours: 1.5 },
        { source: "udp://239.0.0.1:1234" },
      ),
    ).toEqual([
      { name: "news", source: "http://o/live/news.m3u8", keep: { hours: 72 }, notes: [] },
      {
        name: "index",
        source: "https://u:p@o/a/sport.stream/index.m3u8?t=/x.y",
        keep: { hours: 24 },
        notes: [],
      },
      { name: "x", source: "http://o/x.m3u8", keep: { hours: 2 }, notes: ["1.5 hours were rounded up"] },
      { name: "", source: "udp://239.0.0.1:1234", keep: {}, notes: ["it names no depth_in_hours"] },
    ]);
  });

  test.each([
    ["http://o/live/news.m3u8", "news"],
    ["http://o/live/news.stream.m3u8", "news"],
    ["http://o/%D0%9A%D0%B0%D0%BD%D0%B0%D0%BB.m3u8", "Канал"],
    ["http://o/100%.m3u8", "100%"],
    ["http://o/a/?b=/c.d", "a"],
    ["http://o", ""],
  ])("the name in %p", (address, name) => expect(nameFromAddress(address)).toBe(name));

  test("keys that are not known are left, each once", () => {
    const found = parseList(
      '[{"source":"http://o/a.m3u8","logo":"x"},{"source":"http://o/b.m3u8","logo":"y"}]',
    );
    expect(found.left).toEqual([{ key: "logo", why: "Nightjar has no such key" }]);
  });

  test.each([
    ['[\n{"source": 7}\n]', 2, "a number as source"],
    ['[\n{"source": "  "}\n]', 2, "an empty text as source"],
    ['[{"source": "http://o/a.m3u8",\n"depth_in_hours": 0}]', 2, "the number 0 as depth_in_hours"],
    ['[{"source": "http://o/a.m3u8",\n"depth_in_hours": "long"}]', 2, "a text as depth_in_hours"],
    ['[{"source": "http://o/a.m3u8",\n"depth_in_hours": [1]}]', 2, "a list as depth_in_hours"],
    ['[{"source":\n"ftp://SECRET@o/a"}]', 2, "an address as source that can't be used"],
    ['[{"source": "http://o/a.m3u8"},\n5]', 2, "a number"],
    ["[]", 1, "an empty list"],
    ["{}", 1, "something else"],
    ['[{"name": "x"}]', 1, "something else"],
    ["", 1, "an empty file"],
    ["hello", 1, "no such list"],
  ])("not %p", (text, line, found) => {
    const error = mistake(() => parseList(text));
    expect(error).toMatchObject({ line, found });
    expect(error.message).not.toContain("SECRET");
  });
});

describe("the camera list", () => {
  test("as JSON, below a key, and in the program that holds it", () => {
    const cameras = [{ cameraID: "front", rtsp: "rtsp://u:p@192.168.0.186:554/s", daysToKeep: 5 }];
    const wanted = {
      kind: "camera list",
      channels: [{ name: "front", source: "rtsp://u:p@192.168.0.186:554/s", keep: { days: 5 }, notes: [] }],
      settings: {},
      left: [],
    };
    const python = `import shared\n# setup = [{"cameraID":"old", "rtsp":"rtsp://o/x"}]\nsetup = ${JSON.stringify(cameras)}\nfor x in setup:\n  run(x["rtsp"])\n`;
    const script = `export const cameras: Camera[] = [{ cameraID: 'front', rtsp: \`rtsp://u:p@192.168.0.186:554/s\`, daysToKeep: 5, }] as const;\n`;
    for (const text of [
      JSON.stringify(cameras),
      JSON.stringify({ cameras }),
      JSON.stringify(cameras[0]),
      python,
      script,
    ])
      expect(parseList(text)).toEqual(wanted);
  });

  test.each([
    ['[{"rtsp": "rtsp://o/s"}]', "nothing as cameraID"],
    ['[{"cameraID": "a"}]', "nothing as rtsp"],
    ['[{"cameraID": "a", "rtsp": "rtsp://o/s", "daysToKeep": 1.5}]', "the number 1.5 as daysToKeep"],
    ['[{"cameraID": "a", "rtsp": "rtsp://o/s", "daysToKeep": -1}]', "the number -1 as daysToKeep"],
    ['[{"cameraID": "a", "rtsp": "rtsp://u:p#SECRET@o/s"}]', "an address as rtsp that can't be used"],
  ])("not %p", (text, found) => {
    const error = mistake(() => parseList(text));
    expect(error.found).toBe(found);
    expect(error.message).not.toContain("SECRET");
  });
});

describe("ini files", () => {
  test("as Python's configparser reads them", () => {
    const text =
      "\uFEFF; c\n[Writer]\r\nPVR_Dir = /mnt/a b\nurl: http://o:1/x=y\nlong = a\n  b\n\n# c\n[ two ]\nempty =\n";
    expect(parseIni(text).map(({ section, key, value }) => [section, key, value])).toEqual([
      ["Writer", "pvr_dir", "/mnt/a b"],
      ["Writer", "url", "http://o:1/x=y"],
      ["Writer", "long", "a\nb"],
      ["two", "empty", ""],
    ]);
  });

  test.each([
    ["a = 1", 1, "a key before any section"],
    ["[a]\nSECRET", 2, "a line that is no section and no key"],
    ["[a]\nx = 1\nX = 2", 3, "the key x a second time"],
  ])("not %p", (text, line, found) => {
    const error = mistake(() => parseIni(text));
    expect(error).toMatchObject({ line, found });
    expect(error.message).not.toContain("SECRET");
  });

  test("pvr.ini: what is taken, and why the rest is not", () => {
    const found = parsePvrIni(
      "[writer]\npvr_dir = /mnt/pvr\nrefresh_interval = 2\n[plstgen]\nchunk_prefix = https://cdn.example/pvr/\n[db]\npassword = SECRET\n",
    );
    expect(found.kind).toBe("settings of HLS PVR");
    expect(found.settings).toEqual({ naiveTimes: "utc", publicUrl: "https://cdn.example/pvr" });
    expect(found.left.map(({ key }) => key)).toEqual([
      "writer.pvr_dir",
      "writer.refresh_interval",
      "db.password",
    ]);
    expect(JSON.stringify(found)).not.toContain("SECRET");
    expect(parsePvrIni("[plstgen]\nchunk_prefix = /chunks\n")).toMatchObject({
      settings: { naiveTimes: "utc" },
      left: [{ key: "plstgen.chunk_prefix" }],
    });
  });

  test("config.ini of the encryptor is left, key by key, and changes no times", () => {
    const found = parsePvrIni(
      "[encryptor]\nhls_dir = /hls\nkey_encryptor_url = http://k/SECRET\nchunks_number = 5\nrefresh_interval = 1\nclear_playlist_suffix = _clear\n",
    );
    expect(found).toMatchObject({ kind: "settings of the HLS encryptor", channels: [], settings: {} });
    expect(found.left).toHaveLength(5);
    for (const { why } of found.left) expect(why.length).toBeGreaterThan(20);
    expect(JSON.stringify(found)).not.toContain("SECRET");
  });

  test("another tool's ini is not taken", () => {
    expect(mistake(() => parsePvrIni("[mysqld]\nport = 1\n"))).toMatchObject({ line: 2 });
    expect(mistake(() => parsePvrIni("# nothing\n"))).toMatchObject({ found: "no key" });
  });
});

describe("ids", () => {
  const reserved = reservedIdSet(["cameras"]);

  test.each([
    ["news", "news"],
    ["Channel_1", "Channel_1"],
    ["front door", "front-door"],
    ["Haustür", "Haustur"],
    ["Straße", "Strasse"],
    ["_x", "x"],
    ["Канал", "channel"],
    ["监控", "channel"],
    ["", "channel"],
    ["playlist", "playlist-channel"],
    ["CAMERAS", "CAMERAS-channel"],
    ["2024-06-18", "2024-06-18-channel"],
    ["x".repeat(80), "x".repeat(64)],
  ])("%p becomes %p", (name, id) => {
    const chosen = chooseId(name, () => false, reserved);
    expect(chosen.id).toBe(id);
    expect(channelIdProblem(chosen.id, reserved)).toBeUndefined();
    expect(chosen.why === undefined).toBe(id === name);
  });

  test("clashes are solved by numbers, and told", () => {
    const taken = new Set(["news", "news-2", "channel"]);
    expect(chooseId("News", (key) => taken.has(key), reserved)).toEqual({
      id: "News-3",
      why: "News is taken",
    });
    expect(chooseId("ß".repeat(80), (key) => key === "s".repeat(64), reserved).id).toHaveLength(58);
  });
});
