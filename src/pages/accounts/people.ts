import { Elysia } from "elysia";
import { h } from "preact";
import { PeoplePage, type PeoplePageProps } from "../../../views/accounts/people-page.tsx";
import { PersonPage } from "../../../views/accounts/person-page.tsx";
import { readForm } from "../../access/form.ts";
import { access, roles } from "../../access/policy.ts";
import type { User } from "../../accounts/accounts.ts";
import { checkedRole } from "../../accounts/rules.ts";
import { notFound } from "../../platform/errors.ts";
import { htmlPage } from "../html.ts";
import { field, formMistake, seeOther, withMistake, type AccountPagesDeps } from "./deps.ts";

const PEOPLE = "/settings/people";

const admin = { parse: "none", ...access("admin", { hide: true }) } as const;

/** `/settings/people` and what is below it. */
export function peopleRoutes({ accounts, site }: AccountPagesDeps) {
  const list = (request: Request, more: Omit<PeoplePageProps, "site" | "users" | "tokens"> = {}): Response =>
    htmlPage(
      h(PeoplePage, { site: site(request), users: accounts.users(), tokens: accounts.tokens(), ...more }),
    );

  const userOf = (id: string): User => {
    const user = accounts.users().find((each) => String(each.id) === id);
    if (user) return user;
    throw notFound("There is no such user", [`${PEOPLE} lists them`]);
  };

  /** Adds what a form of the list's page describes; with a mistake, the page again. */
  const addFrom = async (
    request: Request,
    kind: "user" | "token",
    add: (form: URLSearchParams) => Promise<Response> | Response,
  ): Promise<Response> => {
    const form = await readForm(request);
    try {
      return await add(form);
    } catch (error) {
      const mistake = formMistake(error);
      const role = roles.find((known) => known === form.get("role"));
      const typed = { name: field(form, "name").slice(0, 64), role };
      return withMistake(
        list(request, { mistake: { form: kind, text: `${mistake.message}.` }, typed }),
        mistake,
      );
    }
  };

  /** Changes one user as a form says; with a mistake, their page again. */
  const change = async (
    request: Request,
    id: string,
    work: (user: User, form: URLSearchParams) => Promise<void> | void,
  ): Promise<Response> => {
    const user = userOf(id);
    const form = await readForm(request);
    try {
      await work(user, form);
      return seeOther(PEOPLE);
    } catch (error) {
      const mistake = formMistake(error);
      const page = htmlPage(h(PersonPage, { site: site(request), user, mistake: `${mistake.message}.` }));
      return withMistake(page, mistake);
    }
  };

  return new Elysia({ name: "people", prefix: PEOPLE })
    .get("/", ({ request }) => list(request), admin)
    .post(
      "/",
      ({ request }) =>
        addFrom(request, "user", async (form) => {
          const role = checkedRole(field(form, "role"));
          await accounts.addUser({ name: field(form, "name"), password: field(form, "password"), role });
          return seeOther(PEOPLE);
        }),
      admin,
    )
    .post(
      "/tokens",
      ({ request }) =>
        addFrom(request, "token", (form) => {
          const name = field(form, "name");
          const token = accounts.addToken({ name, role: checkedRole(field(form, "role")) });
          return list(request, { made: { name: name.trim(), token } });
        }),
      admin,
    )
    .post(
      "/tokens/:id/remove",
      ({ params }) => {
        accounts.removeToken(Number(params.id));
        return seeOther(PEOPLE);
      },
      admin,
    )
    .get(
      "/:id",
      ({ params, request }) => htmlPage(h(PersonPage, { site: site(request), user: userOf(params.id) })),
      admin,
    )
    .post(
      "/:id/role",
      ({ params, request }) =>
        change(request, params.id, ({ id }, form) => accounts.setRole(id, checkedRole(field(form, "role")))),
      admin,
    )
    .post(
      "/:id/password",
      ({ params, request }) =>
        change(request, params.id, ({ id }, form) => accounts.setPassword(id, field(form, "password"))),
      admin,
    )
    .post(
      "/:id/remove",
      ({ params, request }) => change(request, params.id, ({ id }) => accounts.removeUser(id)),
      admin,
    );
}
