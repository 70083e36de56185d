import type { FormKind } from "../../src/cameras/form.ts";
import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";
import { CameraFormPart, type CameraFormProps } from "./camera-form.tsx";

export type CameraPageProps = { site: Site; title: string; form: CameraFormProps };

/** A camera to be added or changed. */
export function CameraPage({ site, title, form }: CameraPageProps) {
  return (
    <Layout title={title} site={site} here="settings">
      {form.isFirst ? <p class="quiet">Step 2 of 2</p> : <Back />}
      <h1>{title}</h1>
      {form.isFirst && (
        <p>
          You are signed in. Now tell Nightjar of a camera; you can add more later, below Settings, Cameras.
        </p>
      )}
      {form.isNew && !form.isFirst && <KindChoice here={form.form.kind} />}
      <div id="camera">
        <CameraFormPart {...form} />
      </div>
    </Layout>
  );
}

/** The way back to all cameras. */
export function Back() {
  return (
    <p class="quiet">
      <a href="/settings">Settings</a> › <a href="/settings/cameras">Cameras</a>
    </p>
  );
}

const kinds: readonly { kind: FormKind; label: string }[] = [
  { kind: "address", label: "Camera or stream" },
  { kind: "upload", label: "Uploads" },
  { kind: "folder", label: "Folder" },
];

/** What is to be added: each has a form of its own. */
function KindChoice({ here }: { here: FormKind }) {
  return (
    <nav class="choice" aria-label="What to add">
      <ul>
        {kinds.map(({ kind, label }) => (
          <li key={kind}>
            <a
              href={kind === "address" ? "/settings/add-camera" : `/settings/add-camera?kind=${kind}`}
              {...(kind === here ? { "aria-current": "true" as const } : {})}
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
