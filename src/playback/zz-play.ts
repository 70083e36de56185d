import { chromium } from "playwright-core";
const files: Record<string, string> = {
  "/shaka.js": "node_modules/shaka-player/dist/shaka-player.compiled.js",
  "/dash.js": "node_modules/dashjs/dist/modern/umd/dash.all.min.js",
  "/hls.js": "node_modules/hls.js/dist/hls.min.js",
};
const srv = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(r) {
    const p = new URL(r.url).pathname;
    if (files[p]) return new Response(Bun.file(files[p]!));
    return new Response(
      "<!doctype html><video id=v muted autoplay></video><script src=/shaka.js></script><script src=/dash.js></script><script src=/hls.js></script>",
      { headers: { "content-type": "text/html" } },
    );
  },
});
const b = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
});
for (const [player, url, secs, seek] of JSON.parse(process.argv[2]!) as [
  string,
  string,
  number,
  number | null,
][]) {
  const p = await b.newPage();
  const logs: string[] = [];
  p.on("console", (m) => {
    if (m.type() !== "log" && m.type() !== "info" && m.type() !== "debug") logs.push(m.text().slice(0, 200));
  });
  p.on("pageerror", (e) => logs.push("PAGEERR " + e.message));
  await p.goto(`http://127.0.0.1:${srv.port}/`);
  const r = await p.evaluate(
    async ([player, url, secs, seek]) => {
      const w = window as any;
      const v = document.getElementById("v") as any;
      const errs: string[] = [];
      let ended = false;
      v.addEventListener("ended", () => (ended = true));
      try {
        if (player === "shaka") {
          w.shaka.polyfill.installAll();
          const s = new w.shaka.Player();
          await s.attach(v);
          s.addEventListener("error", (e: any) => errs.push("shaka " + e.detail?.code));
          await s.load(url);
        } else if (player === "dash") {
          const d = w.dashjs.MediaPlayer().create();
          d.on("error", (e: any) => errs.push("dash " + JSON.stringify(e.error?.message)));
          d.initialize(v, url, true);
        } else {
          const h = new w.Hls();
          h.on(w.Hls.Events.ERROR, (_: any, d: any) => errs.push("hls " + d.details + " " + d.fatal));
          h.loadSource(url);
          h.attachMedia(v);
        }
      } catch (e: any) {
        errs.push("load " + (e.code ?? e.message));
      }
      v.playbackRate = 1;
      v.play().catch(() => {});
      if (seek !== null) {
        await new Promise((r) => setTimeout(r, 2000));
        v.currentTime = seek;
      }
      const t0 = Date.now();
      while (Date.now() - t0 < secs * 1000 && !ended) await new Promise((r) => setTimeout(r, 200));
      const bf = [];
      for (let i = 0; i < v.buffered.length; i++) bf.push([v.buffered.start(i), v.buffered.end(i)]);
      return {
        t: v.currentTime,
        dur: v.duration,
        ended,
        frames: v.getVideoPlaybackQuality().totalVideoFrames,
        audio: v.webkitAudioDecodedByteCount,
        bf,
        size: [v.videoWidth, v.videoHeight],
        errs: errs.slice(0, 5),
      };
    },
    [player, url, secs, seek] as const,
  );
  console.log(player, url.slice(16), JSON.stringify(r), logs.slice(0, 3));
  await p.close();
}
await b.close();
srv.stop(true);
process.exit(0);
