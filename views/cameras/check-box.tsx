type CheckBoxProps = {
  name: string;
  label: string;
  isOn: boolean;
  /** The variable of the environment that sets it, so that it can't be changed here. */
  setBy?: string | undefined;
};

/** A choice of yes or no. */
export function CheckBox({ name, label, isOn, setBy }: CheckBoxProps) {
  return (
    <div class="field">
      <label>
        <input type="checkbox" name={name} value="yes" checked={isOn} disabled={setBy !== undefined} />{" "}
        {label}
      </label>
      {setBy !== undefined && (
        <p class="hint">
          Set by the variable <code>{setBy}</code>.
        </p>
      )}
    </div>
  );
}
