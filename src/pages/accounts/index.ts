import { Elysia } from "elysia";
import { loginRoutes } from "./login.ts";
import type { AccountPagesDeps } from "./deps.ts";
import { passwordRoutes } from "./password.ts";
import { peopleRoutes } from "./people.ts";

/** Signing in and out, one's own password, and for admins the people. For `auth: accounts` only. */
export const accountPages = (deps: AccountPagesDeps) =>
  new Elysia({ name: "account-pages" })
    .use(loginRoutes(deps))
    .use(passwordRoutes(deps))
    .use(peopleRoutes(deps));
