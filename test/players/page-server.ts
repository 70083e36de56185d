import { resolve } from "node:path";

const modules = resolve(import.meta.dir, "../../node_modules");

/** The players' own scripts, as their packages ship them for pages. */
const SCRIPTS: Record<string, string> = {
  "/hls.js": "hls.js/dist/hls.js",
  "/shaka.js": "shaka-player/dist/shaka-player.compiled.js",
  "/dash.js": "dashjs/dist/modern/umd/dash.all.min.js",
};

const HTML = `<!doctype html>
<meta charset="utf-8">
<title>players</title>
<link rel="icon" href="data:,">
<video width="640" height="360" crossorigin="anonymous"></video>
${Object.keys(SCRIPTS)
  .map((path) => `<script src="${path}"></script>`)
  .join("\n")}
<script type="module" src="/main.js"></script>`;

/** Serves the page on which players are tried. */
export async function servePlayerPage(): Promise<{ url: string; stop(): Promise<void> }> {
  const built = await Bun.build({
    entrypoints: [resolve(import.meta.dir, "page/main.ts")],
    target: "browser",
  });
  const main = await built.outputs[0]!.text();
  const typed = (body: string | Blob, type: string) =>
    new Response(body, { headers: { "content-type": type } });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/") return typed(HTML, "text/html; charset=utf-8");
      if (pathname === "/main.js") return typed(main, "text/javascript");
      const script = SCRIPTS[pathname];
      if (script === undefined) return new Response("no such file", { status: 404 });
      return typed(Bun.file(resolve(modules, script)), "text/javascript");
    },
  });
  return { url: server.url.href, stop: () => server.stop(true) };
}
