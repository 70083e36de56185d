import type { Role } from "../../src/access/policy.ts";
import type { Token } from "../../src/accounts/accounts.ts";
import { Day } from "./day.tsx";
import { Mistake } from "./mistake.tsx";
import { RoleField } from "./role-field.tsx";

type TokenSectionProps = {
  zone: string;
  tokens: readonly Token[];
  made?: { name: string; token: string } | undefined;
  mistake?: string;
  typed?: { name: string; role: Role | undefined } | undefined;
};

/** The tokens of programs and players: what there is, a new one, and one that was just made. */
export function TokenSection({ zone, tokens, made, mistake, typed }: TokenSectionProps) {
  return (
    <section class="part" aria-labelledby="tokens-heading">
      <h2 id="tokens-heading">Tokens</h2>
      <p class="quiet">
        For programs, televisions and other players: a secret with a role of its own, given as{" "}
        <code>Authorization: Bearer</code> or as the password of any name.
      </p>
      {made && (
        <div class="notice" role="status">
          <p>
            The token <strong>{made.name}</strong>. Copy it now: it is shown only once.
          </p>
          <p>
            <code>{made.token}</code>
          </p>
        </div>
      )}
      {tokens.length > 0 && <TokenTable tokens={tokens} zone={zone} />}
      <h3>Make a token</h3>
      <Mistake text={mistake} />
      <form class="form" method="post" action="/settings/people/tokens">
        <div class="field">
          <label for="token-name">Name</label>
          <input id="token-name" name="name" value={typed?.name} autocomplete="off" maxLength={64} required />
          <p class="hint">What it is for, such as tv or backup.</p>
        </div>
        <RoleField id="token-role" chosen={typed?.role} />
        <div class="actions">
          <button type="submit">Make a token</button>
        </div>
      </form>
    </section>
  );
}

function TokenTable({ tokens, zone }: { tokens: readonly Token[]; zone: string }) {
  return (
    <table class="table stacked">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Role</th>
          <th scope="col">Last used</th>
          <th scope="col">
            <span class="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id}>
            <th scope="row">{token.name}</th>
            <td data-label="Role">{token.role}</td>
            <td data-label="Last used">
              {token.usedMs === null ? "never" : <Day ms={token.usedMs} zone={zone} />}
            </td>
            <td>
              <form method="post" action={`/settings/people/tokens/${token.id}/remove`}>
                <button type="submit" aria-label={`Revoke ${token.name}`}>
                  Revoke
                </button>
              </form>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
