import type { CameraForm, Mistakes } from "../../src/cameras/form.ts";
import { isHlsAddress } from "../../src/config/source-address.ts";
import { CheckBox } from "./check-box.tsx";
import { TextField } from "./text-field.tsx";

type StreamFieldsProps = {
  form: CameraForm;
  mistakes: Mistakes;
  /** Keys that variables of the environment set. */
  fixed: ReadonlyMap<string, string>;
};

/** What can be said of an HLS source alone. */
export function StreamFields({ form, mistakes, fixed }: StreamFieldsProps) {
  const isWanted =
    isHlsAddress(form.address) && (form.variant !== "" || form.headers !== "" || form.allowPrivate);
  const hasMistake = "variant" in mistakes || "headers" in mistakes;
  return (
    <details class="more" open={isWanted || hasMistake}>
      <summary>More for live streams (.m3u8)</summary>
      <TextField
        name="variant"
        label="Variant"
        value={form.variant}
        mistake={mistakes.variant}
        setBy={fixed.get("variant")}
        placeholder="highest"
      >
        Where a stream offers several: highest, lowest, a height such as 720p, or a bit rate such as 4M.
        Empty: highest.
      </TextField>
      <HeadersField value={form.headers} mistake={mistakes.headers} setBy={fixed.get("headers")} />
      <CheckBox
        name="allowPrivate"
        label="May lead to addresses of this machine and the local network"
        isOn={form.allowPrivate}
        setBy={fixed.get("allow_private")}
      />
      <p class="hint">Only for streams on public hosts that you trust.</p>
    </details>
  );
}

type HeadersProps = { value: string; mistake: string | undefined; setBy: string | undefined };

function HeadersField({ value, mistake, setBy }: HeadersProps) {
  return (
    <div class="field">
      <label for="field-headers">HTTP headers</label>
      <textarea
        id="field-headers"
        name="headers"
        rows={3}
        autocomplete="off"
        spellcheck={false}
        disabled={setBy !== undefined}
        aria-describedby="field-headers-hint"
        {...(mistake === undefined ? {} : { "aria-invalid": "true" as const })}
      >
        {value}
      </textarea>
      <p class="hint" id="field-headers-hint">
        {mistake !== undefined && (
          <strong class="trouble" role="alert">
            {mistake}{" "}
          </strong>
        )}
        {setBy === undefined ? (
          <>
            One a line, such as <code>Authorization: Bearer …</code> They go to the stream's own host alone. A
            value that reads … is kept as it is.
          </>
        ) : (
          <>
            Set by the variable <code>{setBy}</code>.
          </>
        )}
      </p>
    </div>
  );
}
