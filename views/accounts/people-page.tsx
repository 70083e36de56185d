import type { Role } from "../../src/access/policy.ts";
import type { Token, User } from "../../src/accounts/accounts.ts";
import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";
import { Day } from "./day.tsx";
import { Mistake } from "./mistake.tsx";
import { PasswordField } from "./password-field.tsx";
import { RoleField } from "./role-field.tsx";
import { TokenSection } from "./token-section.tsx";

export type PeoplePageProps = {
  site: Site;
  users: readonly User[];
  tokens: readonly Token[];
  /** What was wrong, and in which form. */
  mistake?: { form: "user" | "token"; text: string } | undefined;
  /** What was typed into that form, without the password. */
  typed?: { name: string; role: Role | undefined } | undefined;
  /** A token that was just made: this page alone shows it. */
  made?: { name: string; token: string } | undefined;
};

/** `/settings/people`: who may sign in, and the tokens of programs. */
export function PeoplePage({ site, users, tokens, mistake, typed, made }: PeoplePageProps) {
  const typedUser = mistake?.form === "user" ? typed : undefined;
  return (
    <Layout title="People" site={site} here="settings">
      <h1>People</h1>
      <section class="part" aria-labelledby="users-heading">
        <h2 id="users-heading">Who may sign in</h2>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <tr key={user.id}>
                <th scope="row">
                  <a href={`/settings/people/${user.id}`}>{user.name}</a>
                  {user.name === site.identity?.name && <span class="quiet"> you</span>}
                </th>
                <td>{user.role}</td>
                <td>
                  <Day ms={user.createdMs} zone={site.zone} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <h3>Add a person</h3>
        {mistake?.form === "user" && <Mistake text={mistake.text} />}
        <form class="form" method="post" action="/settings/people">
          <div class="field">
            <label for="name">Name</label>
            <input
              id="name"
              name="name"
              value={typedUser?.name}
              autocomplete="off"
              autocapitalize="none"
              maxLength={64}
              required
            />
          </div>
          <PasswordField id="password" name="password" label="Password" kind="new" />
          <RoleField id="role" chosen={typedUser?.role} />
          <div class="actions">
            <button class="main" type="submit">
              Add
            </button>
          </div>
        </form>
      </section>
      <TokenSection
        zone={site.zone}
        tokens={tokens}
        made={made}
        {...(mistake?.form === "token" ? { mistake: mistake.text, typed } : {})}
      />
    </Layout>
  );
}
