import { Elysia } from "elysia";
import { readForm } from "../../access/form.ts";
import { access } from "../../access/policy.ts";
import { emptyForm, formKindOf, formOf, type FormKind } from "../../cameras/form.ts";
import { sourceOf } from "../../cameras/given-source.ts";
import { afterSaving, formAnswer, testedForm, type FormAnswer } from "./form-answer.ts";
import { seeOther, type CameraPagesDeps } from "./deps.ts";

const PATH = "/settings/add-camera";

const titles: Record<FormKind, string> = {
  address: "Add a camera",
  upload: "Add a channel for uploads",
  folder: "Add a watched folder",
};

/** Adding a camera, a stream, uploads or a folder, at the first start and later. */
export function addCameraPages({ site, cameras, tests }: CameraPagesDeps) {
  const common = (request: Request, isFirst: boolean, kind: FormKind) => ({
    site: site(request),
    title: isFirst ? "The first camera" : titles[kind],
    action: PATH,
    isFirst,
    isNew: true,
    fixed: new Map<string, string>(),
    zone: cameras.config.zone,
    cancel: isFirst ? { path: "/", label: "Later" } : { path: "/settings/cameras", label: "Cancel" },
  });
  return new Elysia({ name: "add-camera" })
    .get(
      "/setup/camera",
      ({ request }) =>
        cameras.config.channels.size === 0
          ? formAnswer(request, { ...common(request, true, "address"), form: emptyForm })
          : seeOther("/"),
      access("admin", { hide: true }),
    )
    .get(
      PATH,
      ({ request }) => {
        const kind = formKindOf(new URL(request.url).searchParams.get("kind"));
        return formAnswer(request, { ...common(request, false, kind), form: { ...emptyForm, kind } });
      },
      access("admin", { hide: true }),
    )
    .post(
      PATH,
      async ({ request }) => {
        const fields = await readForm(request);
        const form = formOf(fields);
        const tested = tests.get(fields.get("test") ?? "");
        const known = tested?.given;
        const answer = (more: Partial<FormAnswer>): Response =>
          formAnswer(request, {
            ...common(request, fields.has("first"), form.kind),
            form,
            known,
            ...more,
          });
        const given = sourceOf(form, known);
        if ("mistakes" in given) return answer(given);
        if (fields.get("do") === "test") {
          const test = await tests.run(given, form.audio, request.signal);
          if (tested) tests.forget(tested.id);
          return answer({ test, form: testedForm(form, test.given) });
        }
        return afterSaving(() => cameras.add(form, given), site(request), {
          saved(id) {
            if (tested) tests.forget(tested.id);
            return form.kind === "address" ? `/${id}` : `/-/files/${id}`;
          },
          again: (what) => answer({ ...what, test: tested }),
        });
      },
      { parse: "none", ...access("admin", { hide: true }) },
    )
    .get(
      "/settings/camera-tests/:test/picture",
      ({ params }) => {
        const outcome = tests.get(params.test)?.outcome;
        const jpeg = outcome && "jpeg" in outcome ? outcome.jpeg : undefined;
        const headers = { "cache-control": "no-store", "cross-origin-resource-policy": "same-origin" };
        if (jpeg === undefined) return new Response(null, { status: 404, headers });
        return new Response(jpeg, { headers: { ...headers, "content-type": "image/jpeg" } });
      },
      access("admin", { hide: true }),
    );
}
