import type { FieldMistake } from "../../src/setup/first-account.ts";
import { TextField } from "../cameras/text-field.tsx";
import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";

export type SetupPageProps = {
  site: Site;
  /** What was typed; never the password. */
  name: string;
  code: string;
  mistake?: FieldMistake | undefined;
};

/** `/setup`, step 1: the code, and the first account. */
export function SetupPage({ site, name, code, mistake }: SetupPageProps) {
  const wrong = (field: FieldMistake["field"]) => (mistake?.field === field ? mistake.words : undefined);
  return (
    <Layout title="Welcome" site={site}>
      <div class="narrow">
        <p class="quiet">Step 1 of 2</p>
        <h1>Welcome to Nightjar</h1>
        <p>It records cameras, keeps the footage safe, and plays it back. First it needs an admin: you.</p>
        <form class="form" method="post" action="/setup">
          <TextField
            name="code"
            label="Code"
            value={code}
            mistake={wrong("code")}
            placeholder="XXXX-XXXX"
            autocomplete="one-time-code"
            required
            autofocus={mistake === undefined || mistake.field === "code"}
          >
            It stands in the terminal where Nightjar was started; of a service with{" "}
            <code>journalctl -u nightjar | grep code</code>. So only who can use that machine sets it up.
          </TextField>
          <TextField
            name="name"
            label="Your name"
            value={name}
            mistake={wrong("name")}
            autocomplete="username"
            required
          >
            To sign in with: letters, digits and . _ @ -
          </TextField>
          <TextField
            name="password"
            label="Password"
            type="password"
            mistake={wrong("password")}
            autocomplete="new-password"
            required
          >
            At least 8 characters. A few words that don't belong together are easy to keep in mind.
          </TextField>
          <TextField
            name="again"
            label="The password again"
            type="password"
            mistake={wrong("again")}
            autocomplete="new-password"
            required
          />
          <div class="actions">
            <button class="main" type="submit">
              Go on
            </button>
          </div>
        </form>
      </div>
    </Layout>
  );
}
