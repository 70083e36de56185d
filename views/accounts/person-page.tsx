import type { User } from "../../src/accounts/accounts.ts";
import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";
import { Mistake } from "./mistake.tsx";
import { PasswordField } from "./password-field.tsx";
import { RoleField } from "./role-field.tsx";

export type PersonPageProps = { site: Site; user: User; mistake?: string | undefined };

/** `/settings/people/<number>`: one person's role and password, and their removal. */
export function PersonPage({ site, user, mistake }: PersonPageProps) {
  const path = `/settings/people/${user.id}`;
  return (
    <Layout title={user.name} site={site} here="settings">
      <div class="narrow">
        <p>
          <a href="/settings/people">People</a>
        </p>
        <h1>{user.name}</h1>
        <Mistake text={mistake} />
        <section class="part">
          <h2>Role</h2>
          <form class="form" method="post" action={`${path}/role`}>
            <RoleField id="role" chosen={user.role} />
            <div class="actions">
              <button type="submit">Change the role</button>
            </div>
          </form>
        </section>
        <section class="part">
          <h2>Password</h2>
          <form class="form" method="post" action={`${path}/password`}>
            <PasswordField id="password" name="password" label="New password" kind="new" />
            <p class="hint">Signs {user.name} out everywhere, and ends addresses copied for players.</p>
            <div class="actions">
              <button type="submit">Set the password</button>
            </div>
          </form>
        </section>
        <section class="part">
          <h2>Remove</h2>
          <form class="form" method="post" action={`${path}/remove`}>
            <p>{user.name} can't sign in any more, and is signed out at once. Footage is not touched.</p>
            <div class="actions">
              <button type="submit">Remove {user.name}</button>
            </div>
          </form>
        </section>
      </div>
    </Layout>
  );
}
