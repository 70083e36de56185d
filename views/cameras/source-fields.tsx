import type { CameraFieldsProps } from "./camera-fields.tsx";
import { CheckBox } from "./check-box.tsx";
import { TextField } from "./text-field.tsx";

/** Where the footage comes from. */
export function SourcePart(props: CameraFieldsProps) {
  const { program, isTested, mistakes, form } = props;
  if (form.kind === "upload") return <UploadHint isNew={props.isNew} />;
  if (form.kind === "folder") return <FolderFields {...props} />;
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
        label="Address of the camera or live stream"
        value={form.address}
        mistake={mistakes.address}
        setBy={setBy}
        placeholder="192.168.0.186 or rtsp://192.168.0.186:554/stream1"
        inputMode="url"
        autofocus={isNew && form.address === ""}
      >
        Its IP address, or better the whole address that its manual calls the RTSP stream. With the IP address
        alone the usual paths are tried. A live stream has the address of its playlist, https://…/index.m3u8.
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

function UploadHint({ isNew }: { isNew: boolean }) {
  return (
    <p>
      Clients send segment files here, such as <code>2026-11-20/video_140000.ts</code>, in any order.{" "}
      {isNew && "Once it is added, its page shows the address and makes a token for the client."}
    </p>
  );
}

function FolderFields({ form, mistakes, fixed, isNew }: CameraFieldsProps) {
  const setBy = fixed.get("source");
  return (
    <>
      <TextField
        name="folder"
        label="Folder on this machine"
        value={form.folder}
        mistake={mistakes.folder}
        setBy={setBy}
        placeholder="/srv/www/yard"
        autofocus={isNew && form.folder === ""}
      >
        It holds folders of dates with segment files, <code>2026-11-20/video_140000.ts</code>, which something
        else puts there: rsync, nginx, a share.
      </TextField>
      <CheckBox
        name="manage"
        label="Delete old files in it, as the days to keep say"
        isOn={form.manage}
        setBy={fixed.get("manage")}
      />
      <p class="hint">Without this not a byte of the folder is changed.</p>
    </>
  );
}
