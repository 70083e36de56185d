import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";

/** A camera as the list shows it. */
export type CameraLine = {
  id: string;
  name: string;
  /** Where it comes from, without user name and password. */
  source: string;
  /** How it stands, in words. */
  state: string;
  isTrouble: boolean;
  isRetired: boolean;
  /** Its footage arrives as files. */
  hasFiles: boolean;
};

export type CamerasPageProps = {
  site: Site;
  cameras: readonly CameraLine[];
  /** The configuration's file; absent where none is read. */
  file: string | undefined;
};

/** `/settings/cameras`: all cameras, with what can be done to each. */
export function CamerasPage({ site, cameras, file }: CamerasPageProps) {
  return (
    <Layout title="Cameras" site={site} here="settings">
      <p class="quiet">
        <a href="/settings">Settings</a>
      </p>
      <div class="head">
        <h1>Cameras</h1>
        {file !== undefined && (
          <a class="button main" href="/settings/add-camera">
            Add a camera
          </a>
        )}
      </div>
      {file !== undefined && (
        <p class="links">
          <a href="/settings/add-camera?kind=upload">Add a channel for uploads</a>
          <a href="/settings/add-camera?kind=folder">Add a watched folder</a>
        </p>
      )}
      {cameras.length === 0 && <p>There are none yet.</p>}
      <ul class="cameras">
        {cameras.map((camera) => (
          <CameraItem key={camera.id} camera={camera} canChange={file !== undefined} />
        ))}
      </ul>
      {file === undefined ? (
        <p class="notice">This is the demo: it reads no configuration, so its cameras can't be changed.</p>
      ) : (
        <p class="quiet">
          Kept in <code>{file}</code>; what you change there by hand stays.
        </p>
      )}
    </Layout>
  );
}

function CameraItem({ camera, canChange }: { camera: CameraLine; canChange: boolean }) {
  const { id, name, source, state, isTrouble, isRetired, hasFiles } = camera;
  return (
    <li class="camera" id={`camera-${id}`}>
      <h2>
        <a href={`/${id}`}>{name}</a>
      </h2>
      <p class={isTrouble ? "state trouble" : "state"}>{state}</p>
      {source !== "" && (
        <p class="quiet">
          <code>{source}</code>
        </p>
      )}
      {canChange && !isRetired && (
        <p class="links">
          <a href={`/settings/cameras/${id}`}>
            Change<span class="hidden-words"> {name}</span>
          </a>
          {hasFiles && (
            <a href={`/-/files/${id}`}>
              Files<span class="hidden-words"> of {name}</span>
            </a>
          )}
          <a href={`/settings/cameras/${id}/remove`}>
            Remove<span class="hidden-words"> {name}</span>
          </a>
        </p>
      )}
    </li>
  );
}
