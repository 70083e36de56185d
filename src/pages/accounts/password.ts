import { Elysia } from "elysia";
import { h } from "preact";
import { PasswordPage } from "../../../views/accounts/password-page.tsx";
import { readForm } from "../../access/form.ts";
import { identityOf } from "../../access/identity.ts";
import { access } from "../../access/policy.ts";
import type { User } from "../../accounts/accounts.ts";
import { NightjarError } from "../../platform/errors.ts";
import { htmlPage } from "../html.ts";
import { field, formMistake, seeOther, withMistake, type AccountPagesDeps } from "./deps.ts";

/** `/settings/password`: everybody's own. */
export function passwordRoutes({ accounts, site }: AccountPagesDeps) {
  /** Who asks, if it is a person: a token has no password. Throws `forbidden`. */
  const personOf = (request: Request): User => {
    const identity = identityOf(request);
    const user = identity && identity.how !== "token" ? accounts.userNamed(identity.name) : undefined;
    if (user) return user;
    throw new NightjarError("forbidden", "Only people have passwords; a token is revoked instead");
  };
  return new Elysia({ name: "password" })
    .get(
      "/settings/password",
      ({ query, request }) => {
        personOf(request);
        return htmlPage(h(PasswordPage, { site: site(request), isDone: query["done"] === "1" }));
      },
      access("viewer", { hide: true }),
    )
    .post(
      "/settings/password",
      async ({ request }) => {
        const { id, name } = personOf(request);
        const form = await readForm(request);
        try {
          if (!(await accounts.isPassword(request, name, field(form, "current")))) {
            throw new NightjarError("bad-request", "The password until now is wrong");
          }
          await accounts.setPassword(id, field(form, "password"));
        } catch (error) {
          const mistake = formMistake(error);
          const page = htmlPage(h(PasswordPage, { site: site(request), mistake: `${mistake.message}.` }));
          return withMistake(page, mistake);
        }
        return seeOther("/settings/password?done=1", accounts.startSession(request, name));
      },
      { parse: "none", ...access("viewer", { hide: true }) },
    );
}
