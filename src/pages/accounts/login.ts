import { Elysia } from "elysia";
import { h } from "preact";
import { LoginPage, type LoginPageProps } from "../../../views/accounts/login-page.tsx";
import { readForm } from "../../access/form.ts";
import { access } from "../../access/policy.ts";
import { localPath } from "../../access/sign-in-answer.ts";
import { htmlPage } from "../html.ts";
import { field, formMistake, seeOther, withMistake, type AccountPagesDeps } from "./deps.ts";

const WRONG = "The name or the password is wrong.";

/** `/login` and `/logout`. */
export function loginRoutes({ accounts, site }: AccountPagesDeps) {
  const page = (request: Request, props: Omit<LoginPageProps, "site">, status = 200): Response =>
    htmlPage(h(LoginPage, { site: site(request), ...props }), status);
  return new Elysia({ name: "login" })
    .get(
      "/login",
      ({ query, request }) => page(request, { next: localPath(query["next"]) }),
      access("anyone", { hide: true }),
    )
    .post(
      "/login",
      async ({ request }) => {
        const form = await readForm(request);
        const name = field(form, "name").trim();
        const next = localPath(form.get("next"));
        try {
          const session = await accounts.signIn(request, name, field(form, "password"));
          if (session) return seeOther(next, session.cookie);
        } catch (error) {
          const mistake = formMistake(error);
          return withMistake(page(request, { next, name, mistake: `${mistake.message}.` }), mistake);
        }
        return page(request, { next, name, mistake: WRONG }, 422);
      },
      { parse: "none", ...access("anyone", { hide: true }) },
    )
    .post("/logout", ({ request }) => seeOther("/login", accounts.signOut(request)), {
      parse: "none",
      ...access("anyone", { hide: true }),
    });
}
