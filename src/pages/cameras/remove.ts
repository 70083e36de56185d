import { Elysia } from "elysia";
import { h } from "preact";
import { RemovePage } from "../../../views/cameras/remove-page.tsx";
import { readForm } from "../../access/form.ts";
import { access } from "../../access/policy.ts";
import type { ChannelConfig, KeepConfig } from "../../config/config.ts";
import type { ChannelInFile } from "../../config/config-editor.ts";
import { countWords, dateWords, durationWords, sizeWords } from "../../status/words.ts";
import { htmlPage } from "../html.ts";
import { checkIsInFile } from "./change.ts";
import type { CameraPagesDeps } from "./deps.ts";
import { afterSaving } from "./form-answer.ts";

/** What becomes of footage that nobody adds to. */
function keepWords({ days, maxAgeMs, maxBytes }: KeepConfig): string {
  const limits = [
    days === undefined ? undefined : `${countWords(days, "day")} old`,
    maxAgeMs === undefined ? undefined : `${durationWords(maxAgeMs)} old`,
  ].filter((limit) => limit !== undefined);
  if (limits.length > 0) return `As it was set, it goes once it is ${limits.join(" or ")}.`;
  const bound = maxBytes === undefined ? "" : `, and takes ${sizeWords(maxBytes)} at most`;
  return `No age was set for it, so it stays until the disk is full${bound}.`;
}

/** Removing a camera: asked first. */
export function removeCameraPages(deps: CameraPagesDeps) {
  const { site, cameras, history } = deps;
  const footageWords = ({ id, zone }: ChannelConfig): string | undefined => {
    const total = history.totals().get(id);
    if (total === undefined) return undefined;
    const from = dateWords(total.startMs, zone);
    const to = dateWords(total.endMs, zone);
    return `${sizeWords(total.sizeBytes)}, ${from === to ? from : `${from} to ${to}`}`;
  };
  const page = (
    request: Request,
    channel: ChannelConfig,
    inFile: ChannelInFile,
    trouble?: string,
  ): Response =>
    htmlPage(
      h(RemovePage, {
        site: site(request),
        id: channel.id,
        name: channel.name,
        footage: footageWords(channel),
        keep: keepWords(channel.keep),
        kind: channel.source.kind,
        revision: inFile.revision,
        trouble,
      }),
      trouble === undefined ? 200 : 422,
    );
  return new Elysia({ name: "remove-camera" })
    .get(
      "/settings/cameras/:channel/remove",
      async ({ params, request }) => {
        const channel = cameras.channel(params.channel);
        const inFile = await cameras.inFile(channel.id);
        checkIsInFile(inFile, channel);
        return page(request, channel, inFile);
      },
      access("admin", { hide: true }),
    )
    .post(
      "/settings/cameras/:channel/remove",
      async ({ params, request }) => {
        const revision = (await readForm(request)).get("revision") ?? "";
        const channel = cameras.channel(params.channel);
        const inFile = await cameras.inFile(channel.id);
        return afterSaving(() => cameras.remove(channel, revision), site(request), {
          saved: () => "/settings/cameras",
          again: ({ trouble = "" }) => page(request, channel, inFile, trouble),
        });
      },
      { parse: "none", ...access("admin", { hide: true }) },
    );
}
