import { roles, type Role } from "../../src/access/policy.ts";

/** The choice of a role, with what each may do. */
export function RoleField({ id, chosen = "viewer" }: { id: string; chosen?: Role | undefined }) {
  const hint = `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>Role</label>
      <select id={id} name="role" aria-describedby={hint}>
        {roles.map((role) => (
          <option key={role} value={role} selected={role === chosen}>
            {role}
          </option>
        ))}
      </select>
      <p class="hint" id={hint}>
        A viewer watches, live and recorded; an operator also locks footage so that it stays; an admin does
        everything.
      </p>
    </div>
  );
}
