import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";
import { Back } from "./camera-page.tsx";

export type UnwritablePageProps = {
  site: Site;
  /** Why the file can't be written. */
  why: string;
  /** Lines to be put into the file; absent where some have to be taken out. */
  lines: string | undefined;
  id: string;
};

/** The configuration can't be written: what a person does in its place. */
export function UnwritablePage({ site, why, lines, id }: UnwritablePageProps) {
  return (
    <Layout title="Nothing was saved" site={site} here="settings">
      <Back />
      <div class="narrow">
        <h1>Nothing was saved</h1>
        <p class="notice trouble" role="alert">
          {why}
        </p>
        {lines === undefined ? (
          <p>
            Take <code>{id}</code> out of the file yourself:
          </p>
        ) : (
          <>
            <p>Write this into the file yourself, below what is there of the same name:</p>
            <pre tabIndex={0}>
              <code>{lines}</code>
            </pre>
            <p>In place of USER and PASSWORD put those of the camera, special characters as %40 for @.</p>
          </>
        )}
        <p>
          Then <code>systemctl reload nightjar</code>, or send it <code>SIGHUP</code>. To have it written from
          here, give Nightjar's user the right to write the file and its folder.
        </p>
      </div>
    </Layout>
  );
}
