import { Elysia } from "elysia";
import { readForm } from "../../access/form.ts";
import { access } from "../../access/policy.ts";
import { formOf, formOfChannel } from "../../cameras/form.ts";
import { sourceOf, sourceUrl } from "../../cameras/given-source.ts";
import type { ChannelConfig } from "../../config/config.ts";
import type { ChannelInFile } from "../../config/config-editor.ts";
import { sourceText } from "../../config/source-address.ts";
import { NightjarError } from "../../platform/errors.ts";
import { afterSaving, formAnswer, testedForm, type FormAnswer } from "./form-answer.ts";
import type { CameraPagesDeps } from "./deps.ts";

/** Refuses what is not in the file: variables of the environment make whole cameras, too. */
export function checkIsInFile({ revision }: ChannelInFile, { id }: ChannelConfig): void {
  if (revision !== "") return;
  throw new NightjarError("conflict", `The camera ${id} is not in the configuration's file`, {
    details: [
      "It is set by variables of the environment (NIGHTJAR_CHANNELS_…), or the file was changed just now",
    ],
  });
}

/** Changing a camera. */
export function changeCameraPages({ site, cameras, tests }: CameraPagesDeps) {
  const common = (request: Request, channel: ChannelConfig, inFile: ChannelInFile) => {
    const { source } = channel;
    return {
      site: site(request),
      title: channel.name,
      action: `/settings/cameras/${channel.id}`,
      isFirst: false,
      isNew: false,
      fixed: inFile.fromEnvironment,
      zone: cameras.config.zone,
      cancel: { path: "/settings/cameras", label: "Cancel" },
      known: { text: sourceUrl(source) ?? "", source },
      ...(source.kind === "exec" ? { program: sourceText(source).replace(/^exec: /, "") } : {}),
    };
  };
  return new Elysia({ name: "change-camera" })
    .get(
      "/settings/cameras/:channel",
      async ({ params, request }) => {
        const channel = cameras.channel(params.channel);
        const inFile = await cameras.inFile(channel.id);
        checkIsInFile(inFile, channel);
        const form = formOfChannel(channel, cameras.config.zone);
        return formAnswer(request, { ...common(request, channel, inFile), revision: inFile.revision, form });
      },
      access("admin", { hide: true }),
    )
    .post(
      "/settings/cameras/:channel",
      async ({ params, request }) => {
        const fields = await readForm(request);
        const channel = cameras.channel(params.channel);
        const inFile = await cameras.inFile(channel.id);
        // What kind of channel it is stays: nothing else could follow its footage.
        const { kind } = formOfChannel(channel, cameras.config.zone);
        const form = { ...formOf(fields), kind };
        const revision = fields.get("revision") ?? "";
        const tested = tests.get(fields.get("test") ?? "");
        const own = common(request, channel, inFile);
        const known = tested?.given ?? own.known;
        const answer = (more: Partial<FormAnswer>): Response =>
          formAnswer(request, { ...own, known, form, revision, ...more });

        const hasSource = own.program === undefined && !inFile.fromEnvironment.has("source");
        const given = hasSource ? sourceOf(form, known) : own.known;
        if ("mistakes" in given) return answer(given);
        if (fields.get("do") === "test") {
          const test = await tests.run(given, form.audio, request.signal);
          if (tested) tests.forget(tested.id);
          return answer({ test, form: testedForm(form, test.given) });
        }
        const save = () =>
          cameras.change(channel, form, { inFile, revision, ...(hasSource ? { given } : {}) });
        return afterSaving(save, site(request), {
          saved(id) {
            if (tested) tests.forget(tested.id);
            return `/settings/cameras#camera-${id}`;
          },
          again: (what) => answer({ ...what, test: tested, revision: inFile.revision }),
        });
      },
      { parse: "none", ...access("admin", { hide: true }) },
    );
}
