import { Elysia } from "elysia";
import { h } from "preact";
import { CamerasPage, type CameraLine } from "../../../views/cameras/cameras-page.tsx";
import { access } from "../../access/policy.ts";
import { idKey } from "../../config/channel-id.ts";
import { isByFiles } from "../../config/source-kinds.ts";
import { sourceText } from "../../config/source-address.ts";
import { htmlPage } from "../html.ts";
import { addCameraPages } from "./add.ts";
import { changeCameraPages } from "./change.ts";
import type { CameraPagesDeps } from "./deps.ts";
import { removeCameraPages } from "./remove.ts";

export type { CameraPagesDeps } from "./deps.ts";

/** `/settings/cameras` and all that is done to cameras from pages. */
export function cameraPages(deps: CameraPagesDeps) {
  const lines = (): CameraLine[] => {
    const { channels } = deps.cameras.config;
    const byId = new Map([...channels.values()].map((channel) => [idKey(channel.id), channel]));
    return deps.footage.channels().map((channel) => {
      const { headline, isTrouble, name } = deps.status.channel(channel);
      const configured = byId.get(idKey(channel.id));
      return {
        id: channel.id,
        name,
        source: configured === undefined ? "" : sourceText(configured.source),
        state: headline,
        isTrouble,
        isRetired: configured === undefined,
        hasFiles: configured !== undefined && isByFiles(configured.source.kind),
      };
    });
  };
  return new Elysia({ name: "cameras" })
    .get(
      "/settings/cameras",
      ({ request }) =>
        htmlPage(h(CamerasPage, { site: deps.site(request), cameras: lines(), file: deps.cameras.file })),
      access("admin", { hide: true }),
    )
    .use(addCameraPages(deps))
    .use(changeCameraPages(deps))
    .use(removeCameraPages(deps));
}
