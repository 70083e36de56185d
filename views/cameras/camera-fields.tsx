import type { CameraForm, Mistakes } from "../../src/cameras/form.ts";
import { CheckBox } from "./check-box.tsx";
import { SourcePart } from "./source-fields.tsx";
import { StreamFields } from "./stream-fields.tsx";
import { TextField } from "./text-field.tsx";
import { TransportField } from "./transport-field.tsx";

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

/** What can be said of a camera, a stream, uploads or a folder. */
export function CameraFields(props: CameraFieldsProps) {
  const { form, mistakes, isNew, fixed, program, zone } = props;
  const isAddress = form.kind === "address" && program === undefined;
  const hasRareMistake = ["id", "size", "timezone", "transport"].some((field) => field in mistakes);
  return (
    <>
      <input type="hidden" name="kind" value={form.kind} />
      <SourcePart {...props} />
      <TextField
        name="name"
        label="Name"
        value={form.name}
        mistake={mistakes.name}
        setBy={fixed.get("name")}
        placeholder={form.kind === "address" ? "Front door" : "Yard"}
      />
      <TextField
        name="days"
        label="Days to keep"
        value={form.days}
        mistake={mistakes.days}
        setBy={fixed.get("keep.days")}
        inputMode="numeric"
      >
        {form.kind === "folder" && "Holds only where old files are deleted. "}
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
          Empty: the server's, {zone}.{" "}
          {form.kind !== "address" && "The times in the names of files are times of this zone."}
        </TextField>
        {isAddress && (
          <TransportField form={form} mistake={mistakes.transport} setBy={fixed.get("transport")} />
        )}
      </details>
      {isAddress && <StreamFields form={form} mistakes={mistakes} fixed={fixed} />}
      {form.kind === "address" ? (
        <CheckBox name="audio" label="Record sound" isOn={form.audio} setBy={fixed.get("audio")} />
      ) : (
        <input type="hidden" name="audio" value="yes" />
      )}
      {isNew ? (
        <input type="hidden" name="enabled" value="yes" />
      ) : (
        <CheckBox
          name="enabled"
          label={form.kind === "address" ? "Record" : "Take files"}
          isOn={form.enabled}
          setBy={fixed.get("enabled")}
        />
      )}
    </>
  );
}
