import { Elysia } from "elysia";
import { h } from "preact";
import { SetupPage } from "../../../views/setup/setup-page.tsx";
import { readForm } from "../../access/form.ts";
import { access } from "../../access/policy.ts";
import type { FirstAccount } from "../../setup/first-account.ts";
import { htmlPage } from "../html.ts";
import type { SiteOf } from "../site.ts";

export type SetupPagesDeps = {
  site: SiteOf;
  /** Absent where no accounts are asked for: there is nothing to set up then. */
  firstAccount: FirstAccount | undefined;
};

const goTo = (location: string, cookie?: string): Response =>
  new Response(null, {
    status: 303,
    headers: {
      location,
      "cache-control": "no-store",
      ...(cookie === undefined ? {} : { "set-cookie": cookie }),
    },
  });

/** `/setup`: the first account. Once there is one, the address leads to the pages. */
export function setupPages({ site, firstAccount }: SetupPagesDeps) {
  return new Elysia({ name: "setup" })
    .get(
      "/setup",
      ({ request }) =>
        firstAccount?.isOpen
          ? htmlPage(h(SetupPage, { site: site(request), name: "", code: "" }))
          : goTo("/"),
      access("anyone", { hide: true }),
    )
    .post(
      "/setup",
      async ({ request }) => {
        if (!firstAccount?.isOpen) return goTo("/");
        const fields = await readForm(request);
        const text = (name: string) => fields.get(name) ?? "";
        const form = {
          code: text("code"),
          name: text("name"),
          password: text("password"),
          again: text("again"),
        };
        const outcome = await firstAccount.make(request, form);
        if ("cookie" in outcome) return goTo("/setup/camera", outcome.cookie);
        const { mistake, retryAfterSeconds } = outcome;
        const shown = { name: form.name.slice(0, 100), code: form.code.slice(0, 100) };
        const status = retryAfterSeconds === undefined ? 422 : 429;
        const page = htmlPage(h(SetupPage, { site: site(request), ...shown, mistake }), status);
        if (retryAfterSeconds !== undefined) page.headers.set("retry-after", String(retryAfterSeconds));
        return page;
      },
      { parse: "none", ...access("anyone", { hide: true }) },
    );
}
