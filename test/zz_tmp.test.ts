import { test } from "bun:test";
import { GstServer } from "./rtsp/gst-server.ts";
import { Nightjar } from "./support/nightjar.ts";
import { waitForRecording, intervalPath } from "./support/channels.ts";
import { tempFolder } from "./support/temp.ts";
import { Players } from "./players/play-in-browser.ts";
test("s", async () => {
  await using folder = await tempFolder(); await using gst = await GstServer.start({mounts:["h264-aac","h264"]}); await using players = await Players.launch();
  const from=Date.now()-1000;
  await using server = await Nightjar.start({folder: folder.path, config: {channels:{cam:{source:gst.url("h264-aac")}, mute:{source:gst.url("h264")}}}});
  await waitForRecording(server, ["cam","mute"], {withFootage:true}); await Bun.sleep(16000);
  for (const ch of ["cam","mute"]) for (const [n,p] of [["today",`/${ch}/stream/today/playlist.m3u8`],["int",intervalPath(ch,from,Date.now())]] as const) for (const s of [0,0,0.02,0.5]) {
  const r = await players.play({player:"hlsjs", url: server.url+p, steps:[{playSeconds:2},{seekSeconds:s},{playSeconds:1.5}]});
  const [a,b,c]=r.snapshots;
  console.log(ch,n,s, r.errors, r.warnings.length, "t", b?.currentTimeSeconds.toFixed(2), c?.currentTimeSeconds.toFixed(2), "frames", a?.decodedFrames, b?.decodedFrames, c?.decodedFrames, JSON.stringify(c?.bufferedSeconds));
  }
}, 190000);
