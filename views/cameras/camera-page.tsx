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
