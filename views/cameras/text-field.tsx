import type { ComponentChildren } from "preact";

type TextFieldProps = {
  name: string;
  label: string;
  value?: string;
  type?: "text" | "password";
  /** What is wrong with it. */
  mistake?: string | undefined;
  /** The variable of the environment that sets it, so that it can't be changed here. */
  setBy?: string | undefined;
  placeholder?: string;
  autocomplete?: string;
  required?: boolean;
  inputMode?: "numeric" | "url";
  autofocus?: boolean;
  /** Below the field. */
  children?: ComponentChildren;
};

/** One line of a form: label, input, and below it what is wrong or worth knowing. */
export function TextField(props: TextFieldProps) {
  const { name, label, value, type = "text", mistake, setBy, children } = props;
  const id = `field-${name}`;
  const input = {
    id,
    name,
    value: value ?? "",
    placeholder: props.placeholder ?? "",
    autocomplete: props.autocomplete ?? "off",
    autocapitalize: "none",
    spellcheck: false,
    required: props.required ?? false,
    autofocus: props.autofocus ?? false,
    disabled: setBy !== undefined,
    "aria-describedby": `${id}-hint`,
    ...(props.inputMode === undefined ? {} : { inputMode: props.inputMode }),
    ...(mistake === undefined ? {} : { "aria-invalid": "true" as const }),
  } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "password" ? <input type="password" {...input} /> : <input type="text" {...input} />}
      <p class="hint" id={`${id}-hint`}>
        {mistake !== undefined && (
          <strong class="trouble" role="alert">
            {mistake}{" "}
          </strong>
        )}
        {setBy === undefined ? (
          children
        ) : (
          <>
            Set by the variable <code>{setBy}</code>.
          </>
        )}
      </p>
    </div>
  );
}
