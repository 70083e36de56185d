import { Elysia } from "elysia";
import { access } from "../../access/policy.ts";
import { notFound } from "../../platform/errors.ts";

function refuse(): never {
  throw notFound("There are no accounts here, and nobody signs in: the configuration says auth: none", [
    "Whoever reaches this server may see and change everything. To have people sign in, set auth: accounts and restart.",
  ]);
}

const anyone = { parse: "none", ...access("anyone", { hide: true }) } as const;
const admin = { parse: "none", ...access("admin", { hide: true }) } as const;

/** What the addresses of accounts answer with `auth: none`: why there is nothing, instead of no such channel. */
export function noAccountPages() {
  const app = new Elysia({ name: "no-account-pages" })
    .get("/login", refuse, anyone)
    .post("/login", refuse, anyone)
    .post("/logout", refuse, anyone);
  for (const path of ["/settings/people", "/settings/people/*", "/settings/password"]) {
    app.get(path, refuse, admin).post(path, refuse, admin);
  }
  return app;
}
