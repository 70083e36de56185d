import { freePort } from "./ports.ts";
import { cleanEnvironment } from "./processes.ts";
import { waitFor } from "./wait.ts";
import { tempFolder, type TempFolder } from "./temp.ts";

/** nginx with `sendfile`, serving a folder: what is measured against. */
export class Nginx implements AsyncDisposable {
  readonly url: string;
  readonly #child: Bun.Subprocess;
  readonly #home: TempFolder;

  private constructor(child: Bun.Subprocess, home: TempFolder, port: number) {
    this.#child = child;
    this.#home = home;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** With `isWritable` it takes files by PUT; `locations` is configuration of its own. By default on a free port. */
  static async start(
    root: string,
    {
      isWritable = false,
      port: given,
      locations = "",
    }: { isWritable?: boolean; port?: number; locations?: string } = {},
  ): Promise<Nginx> {
    const home = await tempFolder("nginx-");
    const port = given ?? (await freePort());
    const config = `
      daemon off; worker_processes auto; pid ${home.file("pid")}; error_log stderr error; user root;
      events { worker_connections 1024; }
      http {
        access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
        types { application/vnd.apple.mpegurl m3u8; video/mp4 mp4 m4s; }
        client_body_temp_path ${home.file("body")}; proxy_temp_path ${home.file("proxy")};
        client_max_body_size 0;
        fastcgi_temp_path ${home.file("fastcgi")}; uwsgi_temp_path ${home.file("uwsgi")}; scgi_temp_path ${home.file("scgi")};
        server { listen 127.0.0.1:${port} backlog=1024; root ${root};
          ${isWritable ? "dav_methods PUT; create_full_put_path on;" : ""} ${locations} }
      }`;
    await Bun.write(home.file("nginx.conf"), config);
    const child = Bun.spawn(["nginx", "-e", "stderr", "-p", home.path, "-c", home.file("nginx.conf")], {
      stdout: "ignore",
      stderr: "inherit",
      env: cleanEnvironment(),
    });
    const nginx = new Nginx(child, home, port);
    await waitFor("nginx", async () => (await fetch(nginx.url)).status > 0, { timeoutMs: 5000, everyMs: 20 });
    return nginx;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
    await this.#home[Symbol.asyncDispose]();
  }
}
