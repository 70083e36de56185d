import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";
import { Mistake } from "./mistake.tsx";
import { PasswordField } from "./password-field.tsx";

export type PasswordPageProps = {
  site: Site;
  mistake?: string | undefined;
  /** The password was just changed. */
  isDone?: boolean;
};

/** `/settings/password`: one's own. */
export function PasswordPage({ site, mistake, isDone = false }: PasswordPageProps) {
  return (
    <Layout title="Your password" site={site} here="settings">
      <div class="narrow">
        <h1>Your password</h1>
        <Mistake text={mistake} />
        {isDone && (
          <p class="notice" role="status">
            The password is changed. You are signed out everywhere else.
          </p>
        )}
        <form class="form" method="post" action="/settings/password">
          <input type="hidden" name="name" value={site.identity?.name} autocomplete="username" />
          <PasswordField id="current" name="current" label="Password until now" kind="current" />
          <PasswordField id="password" name="password" label="New password" kind="new" />
          <div class="actions">
            <button class="main" type="submit">
              Change the password
            </button>
            <a href="/settings">Back</a>
          </div>
        </form>
        <p class="quiet">
          This ends every other session, and the addresses that you copied for players: copy them again
          afterwards.
        </p>
      </div>
    </Layout>
  );
}
