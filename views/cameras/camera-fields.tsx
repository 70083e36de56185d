import type { CameraForm, Mistakes } from "../../src/cameras/form.ts";
import { CheckBox } from "./check-box.tsx";
import { TextField } from "./text-field.tsx";

export type CameraFieldsProps = {
  form: CameraForm;
  mistakes: Mistakes;
  /** Whether a password is known already and stays unless another one is typed. */
  hasPassword: boolean;
  /** A camera that is there has an id; for a new one it may be left to the name. */
  isNew: boolean;
  /** Keys that variables of the environment set. */
  fixed: ReadonlyMap<string, string>;
  /** Whether the source was tested and is good: what was typed for it steps back. */
  isTested: boolean;
  /** A program as source, which can't be changed here. */
  program?: string | undefined;
  /** The server's time zone. */
  zone: string;
};

/** What can be said of a camera. */
export function CameraFields(props: CameraFieldsProps) {
  const { form, mistakes, isNew, fixed, program, zone } = props;
  const hasRareMistake = ["id", "size", "timezone", "transport"].some((field) => field in mistakes);
  return (
    <>
      <SourcePart {...props} />
      <TextField
        name="name"
        label="Name"
        value={form.name}
        mistake={mistakes.name}
        setBy={fixed.get("name")}
        placeholder="Front door"
      />
      <TextField
        name="days"
        label="Days to keep"
        value={form.days}
        mistake={mistakes.days}
        setBy={fixed.get("keep.days")}
        inputMode="numeric"
      >
        Today and that many days before it. Empty: until the disk is full, then the oldest footage makes room.
      </TextField>
      <details class="more" open={hasRareMistake}>
        <summary>More</summary>
        <TextField
          name="id"
          label="Id, used in addresses"
          value={form.id}
          mistake={mistakes.id}
          placeholder={isNew ? "made of the name" : ""}
        >
          Letters, digits, - and _. {!isNew && "After a change old addresses and footage still lead here."}
        </TextField>
        <TextField
          name="size"
          label="Room to take at most"
          value={form.size}
          mistake={mistakes.size}
          setBy={fixed.get("keep.size")}
          placeholder="500GB"
        >
          Empty: no limit of its own.
        </TextField>
        <TextField
          name="timezone"
          label="Time zone of its days"
          value={form.timezone}
          mistake={mistakes.timezone}
          setBy={fixed.get("timezone")}
          placeholder={zone}
        >
          Empty: the server's, {zone}.
        </TextField>
        {program === undefined && (
          <TransportField form={form} mistake={mistakes.transport} setBy={fixed.get("transport")} />
        )}
      </details>
      <CheckBox name="audio" label="Record sound" isOn={form.audio} setBy={fixed.get("audio")} />
      {isNew ? (
        <input type="hidden" name="enabled" value="yes" />
      ) : (
        <CheckBox name="enabled" label="Record" isOn={form.enabled} setBy={fixed.get("enabled")} />
      )}
    </>
  );
}

function SourcePart(props: CameraFieldsProps) {
  const { program, isTested, mistakes } = props;
  if (program !== undefined) {
    return (
      <div class="field">
        <p>
          Source: the program <code>{program}</code>
        </p>
        <p class="hint">Programs are set in the configuration's file only.</p>
      </div>
    );
  }
  if (!isTested || "address" in mistakes || "password" in mistakes) return <SourceFields {...props} />;
  return (
    <details class="more">
      <summary>Address, user and password</summary>
      <SourceFields {...props} />
    </details>
  );
}

function SourceFields({ form, mistakes, hasPassword, isNew, fixed }: CameraFieldsProps) {
  const setBy = fixed.get("source");
  return (
    <>
      <TextField
        name="address"
        label="Address of the camera"
        value={form.address}
        mistake={mistakes.address}
        setBy={setBy}
        placeholder="192.168.0.186 or rtsp://192.168.0.186:554/stream1"
        inputMode="url"
        autofocus={isNew && form.address === ""}
      >
        Its IP address, or better the whole address that its manual calls the RTSP stream. With the IP address
        alone the usual paths are tried.
      </TextField>
      {setBy === undefined && (
        <>
          <TextField
            name="user"
            label="User of the camera"
            value={form.user}
            placeholder={hasPassword ? "kept" : ""}
          />
          <TextField
            name="password"
            label="Password of that user"
            type="password"
            mistake={mistakes.password}
            placeholder={hasPassword ? "kept" : ""}
            autocomplete="new-password"
          >
            {hasPassword
              ? "User and password are kept as they are, unless you type others."
              : "Kept in the configuration's file on this machine, and never shown again."}
          </TextField>
        </>
      )}
    </>
  );
}

type TransportProps = { form: CameraForm; mistake: string | undefined; setBy: string | undefined };

function TransportField({ form, mistake, setBy }: TransportProps) {
  return (
    <div class="field">
      <label for="field-transport">Transport</label>
      <select id="field-transport" name="transport" disabled={setBy !== undefined}>
        <option value="tcp" selected={form.transport !== "udp"}>
          TCP
        </option>
        <option value="udp" selected={form.transport === "udp"}>
          UDP
        </option>
      </select>
      <p class="hint">
        {mistake !== undefined && <strong class="trouble">{mistake} </strong>}
        TCP, unless the camera knows UDP only: that loses pictures on a poor network.
      </p>
    </div>
  );
}
