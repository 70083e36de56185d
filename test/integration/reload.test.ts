import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { freePort } from "../support/ports.ts";
import { cleanEnvironment } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor, within } from "../support/wait.ts";

const root = resolve(import.meta.dir, "../..");

async function writeConfig(folder: string, port: number, channels: readonly string[]): Promise<void> {
  const lines = channels.map((id) => `  ${id}: { source: "rtsp://127.0.0.1:9/none" }\n`);
  await Bun.write(
    join(folder, "nightjar.yaml"),
    `auth: none\nlisten: 127.0.0.1:${port}\nchannels:\n${lines.join("")}`,
  );
}

/** The server from its sources, with a camera that nobody answers for, in a folder whose `nightjar.yaml` it finds. */
class Server implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  #log = "";

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {
    const argv = [
      process.execPath,
      `--tsconfig-override=${join(root, "tsconfig.json")}`,
      join(root, "src/main.ts"),
    ];
    this.#child = Bun.spawn([...argv, "serve"], {
      cwd: folder,
      env: cleanEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    void this.#read();
  }

  static async start(folder: string): Promise<Server> {
    const port = await freePort();
    await writeConfig(folder, port, ["gate"]);
    const server = new Server(folder, port);
    await server.says("Open http://");
    return server;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) this.#log += decoder.decode(chunk, { stream: true });
  }

  get file(): string {
    return join(this.folder, "nightjar.yaml");
  }

  write(channels: readonly string[]): Promise<void> {
    return writeConfig(this.folder, this.port, channels);
  }

  /** Waits until the log has said it so many times. */
  async says(text: string, times = 1, timeoutMs = 10_000): Promise<void> {
    await waitFor(`${text} (${times} times)`, () => this.#log.split(text).length > times, { timeoutMs });
  }

  reload(): void {
    this.#child.kill("SIGHUP");
  }

  async channels(): Promise<{ id: string; state: string }[]> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/channels`);
    const { channels } = (await response.json()) as { channels: { id: string; state: string }[] };
    return channels.map(({ id, state }) => ({ id, state }));
  }

  async settingsPage(): Promise<string> {
    const headers = { accept: "text/html" };
    return await (await fetch(`http://127.0.0.1:${this.port}/settings`, { headers })).text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await within("the end of the server", 8000, this.#child.exited).catch(() => this.#child.kill("SIGKILL"));
  }
}

const REFUSED = "The changed configuration is not taken up";

test("a reload that can't be done changes nothing and ends nothing", async () => {
  await using folder = await tempFolder("nightjar-reload-");
  await using server = await Server.start(folder.path);
  const before = (await server.channels()).map(({ id }) => id);

  // A file that an editor has just taken away is not a configuration without channels.
  await rm(server.file);
  server.reload();
  await server.says(REFUSED, 1);
  expect((await server.channels()).map(({ id }) => id)).toEqual(before);

  await Bun.write(server.file, "channels:\n  gate: { sauce: 5 }\n");
  server.reload();
  await server.says(REFUSED, 2);
  await server.says("nightjar.yaml:2");
  expect((await server.channels()).map(({ id }) => id)).toEqual(before);

  // The database of the channels can't be written to.
  const state = new Database(join(folder.path, "nightjar-data/state.db"));
  state.run("begin exclusive");
  await server.write(["gate", "yard"]);
  server.reload();
  await server.says(REFUSED, 3);
  state.run("rollback");
  state.close();
  expect((await server.channels()).map(({ id }) => id)).toEqual(before);

  server.reload();
  await server.says("Channels: 1 started, 0 stopped, 0 restarted, 1 left alone");
  expect((await server.channels()).map(({ id }) => id)).toEqual(["gate", "yard"]);
}, 30_000);

test("the settings page says why a configuration was refused, until a good one is taken up", async () => {
  await using folder = await tempFolder("nightjar-refused-");
  await using server = await Server.start(folder.path);
  const notice = "The changed configuration was not taken up";
  expect(await server.settingsPage()).not.toContain(notice);

  await Bun.write(server.file, 'auth: none\nchannels:\n  gate: { source: "rtps://anna:geheim@cam/1" }\n');
  server.reload();
  await server.says(REFUSED, 1);
  const page = await server.settingsPage();
  expect(page).toContain(notice);
  expect(page).toContain(`${server.file}:3: channels.gate.source: found`);
  expect(page).not.toContain("geheim");
  expect(page).not.toContain("nothing was started");

  await rm(server.file);
  server.reload();
  await server.says(REFUSED, 2);
  const missing = await server.settingsPage();
  expect(missing).toContain(notice);
  expect(missing).not.toContain("channels.gate.source");

  await server.write(["gate"]);
  server.reload();
  await waitFor("the notice to go", async () => !(await server.settingsPage()).includes(notice), {
    timeoutMs: 10_000,
  });
}, 30_000);
