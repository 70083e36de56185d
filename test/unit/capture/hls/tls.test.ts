import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { finished } from "../../../support/processes.ts";
import { tempFolder, type TempFolder } from "../../../support/temp.ts";

/** What a source of this address sends, asked for by a process that believes our certificate. */
async function asked(address: string, certificate: string | undefined): Promise<string> {
  const env = { ...process.env, ...(certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate }) };
  const { stdout } = await finished([process.execPath, `${import.meta.dir}/ask-once.ts`, address], {
    env: env as Record<string, string>,
  });
  return stdout;
}

describe("sources over TLS", () => {
  let folder: TempFolder;
  let server: Bun.Server<undefined>;

  beforeAll(async () => {
    folder = await tempFolder();
    const made = await finished([
      ..."openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" "),
      ..."-subj /CN=right.test -addext subjectAltName=DNS:right.test".split(" "),
      "-keyout",
      folder.file("key.pem"),
      "-out",
      folder.file("cert.pem"),
    ]);
    if (made.code !== 0) throw new Error(made.stderr);
    server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      tls: { key: Bun.file(folder.file("key.pem")), cert: Bun.file(folder.file("cert.pem")) },
      fetch: (request) =>
        new URL(request.url).pathname === "/gzip"
          ? new Response(Bun.gzipSync("packed"), { headers: { "content-encoding": "gzip" } })
          : new Response(`for ${request.headers.get("host")}`),
    });
  });
  afterAll(async () => {
    await server.stop(true);
    await folder[Symbol.asyncDispose]();
  });

  test("the name is checked, not the address that is connected to", async () => {
    const certificate = folder.file("cert.pem");
    const host = `right.test:${server.port}`;
    expect(await asked(`https://${host}/`, certificate)).toBe(`for ${host}`);
    expect(await asked(`https://${host}/gzip`, certificate)).toBe("packed");
    expect(await asked(`https://wrong.test:${server.port}/`, certificate)).toContain("no TLS connection");
  });

  test("a certificate of nobody's is not believed", async () => {
    expect(await asked(`https://right.test:${server.port}/`, undefined)).toContain("no TLS connection");
  });
});
