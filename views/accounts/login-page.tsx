import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";
import { Mistake } from "./mistake.tsx";
import { PasswordField } from "./password-field.tsx";

export type LoginPageProps = {
  site: Site;
  /** Path to go to afterwards. */
  next: string;
  /** The name that was tried. */
  name?: string;
  /** Why it didn't work. */
  mistake?: string;
};

/** `/login`. */
export function LoginPage({ site, next, name, mistake }: LoginPageProps) {
  return (
    <Layout title="Sign in" site={site}>
      <div class="narrow">
        <h1>Sign in</h1>
        <Mistake text={mistake} />
        <form class="form" method="post" action="/login">
          <input type="hidden" name="next" value={next} />
          <div class="field">
            <label for="name">Name</label>
            <input
              id="name"
              name="name"
              value={name}
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              autofocus={name === undefined}
            />
          </div>
          <PasswordField
            id="password"
            name="password"
            label="Password"
            kind="current"
            isFirst={name !== undefined}
          />
          <div class="actions">
            <button class="main" type="submit">
              Sign in
            </button>
          </div>
        </form>
        <p class="quiet">
          Forgotten? An admin can set a new password, on this machine also with{" "}
          <code>nightjar user passwd NAME</code>.
        </p>
      </div>
    </Layout>
  );
}
