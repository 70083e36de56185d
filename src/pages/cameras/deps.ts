import type { FootageHistory } from "../../archive/footage-history.ts";
import type { Footage } from "../../archive/footage.ts";
import type { Cameras } from "../../cameras/cameras.ts";
import type { CameraTests } from "../../cameras/tests.ts";
import type { StatusReader } from "../../status/status.ts";
import type { SiteOf } from "../site.ts";

export type CameraPagesDeps = {
  site: SiteOf;
  cameras: Cameras;
  tests: CameraTests;
  status: StatusReader;
  footage: Footage;
  history: Pick<FootageHistory, "totals">;
};

/** To another page, after a form was sent. */
export const seeOther = (location: string): Response =>
  new Response(null, { status: 303, headers: { location, "cache-control": "no-store" } });
