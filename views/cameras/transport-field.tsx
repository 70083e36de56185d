import type { CameraForm } from "../../src/cameras/form.ts";

type TransportProps = { form: CameraForm; mistake: string | undefined; setBy: string | undefined };

/** How an RTSP camera sends. */
export function TransportField({ form, mistake, setBy }: TransportProps) {
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
