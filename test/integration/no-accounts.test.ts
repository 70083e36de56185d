import { expect, test } from "bun:test";
import { openArchive } from "../../src/archive/open-archive.ts";
import { Supervisors } from "../../src/capture/supervisors.ts";
import { configFromObject } from "../../src/config/load.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { makeApp } from "../../src/serve.ts";
import { tempFolder } from "../support/temp.ts";

test("with auth: none, the addresses of accounts say that there are none", async () => {
  await using folder = await tempFolder();
  const clock = systemClock();
  const config = configFromObject(
    { data: folder.path, auth: "none" },
    { folder: folder.path, systemZone: "UTC", reservedIds: [] },
  );
  const opened = await openArchive({ config, clock });
  try {
    const supervisors = new Supervisors({ archive: opened.archive, clock });
    const app = await makeApp({ current: () => config, opened, supervisors, clock });
    const addresses = [
      ["GET", "/login"],
      ["POST", "/login"],
      ["POST", "/logout"],
      ["GET", "/settings/password"],
      ["POST", "/settings/password"],
      ["GET", "/settings/people"],
      ["POST", "/settings/people"],
      ["GET", "/settings/people/7"],
      ["POST", "/settings/people/7/role"],
    ] as const;
    for (const [method, path] of addresses) {
      for (const accept of ["*/*", "text/html"]) {
        const request = new Request(`http://localhost${path}`, { method, headers: { accept } });
        const response = await app.handle(request);
        const text = await response.text();
        expect([method, path, accept, response.status]).toEqual([method, path, accept, 404]);
        expect(text).toContain("There are no accounts here");
        expect(text).toContain("set auth: accounts and restart");
      }
    }
  } finally {
    await opened.close();
  }
});
