type PasswordFieldProps = {
  id: string;
  name: string;
  label: string;
  /** Whether it is one to be thought up, or one that is known. */
  kind: "new" | "current";
  /** Whether it is what to type first. */
  isFirst?: boolean;
};

/** A field for a password, which browsers and password managers understand. */
export function PasswordField({ id, name, label, kind, isFirst = false }: PasswordFieldProps) {
  const hint = `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type="password"
        autocomplete={`${kind}-password`}
        required
        autofocus={isFirst}
        {...(kind === "new" ? { minLength: 8, "aria-describedby": hint } : {})}
      />
      {kind === "new" && (
        <p class="hint" id={hint}>
          At least 8 characters. A few words that don't belong together are easy to keep in mind.
        </p>
      )}
    </div>
  );
}
