import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";
import { Back } from "./camera-page.tsx";

export type RemovePageProps = {
  site: Site;
  id: string;
  name: string;
  /** How much footage there is, in words; absent where there is none. */
  footage: string | undefined;
  /** How long it stays, in words. */
  keep: string;
  revision: string;
  trouble?: string | undefined;
};

/** Asks before a camera is removed, and says first what becomes of its footage. */
export function RemovePage({ site, id, name, footage, keep, revision, trouble }: RemovePageProps) {
  return (
    <Layout title={`Remove ${name}?`} site={site} here="settings">
      <Back />
      <div class="narrow">
        <h1>Remove {name}?</h1>
        {trouble !== undefined && (
          <p class="notice trouble" role="alert">
            {trouble}
          </p>
        )}
        <p>Recording stops, and the camera's address and password are taken out of the configuration.</p>
        {footage === undefined ? (
          <p>It has no footage.</p>
        ) : (
          <>
            <p>
              Its footage stays: {footage}. It is listed and can be played as before. {keep}
            </p>
            <p class="quiet">
              To delete the footage as well, stop Nightjar afterwards and run{" "}
              <code>nightjar remove {id} --footage --yes</code>
            </p>
          </>
        )}
        <form class="form" method="post">
          <input type="hidden" name="revision" value={revision} />
          <div class="actions">
            <button class="danger" type="submit">
              Remove it
            </button>
            <a class="button" href="/settings/cameras">
              Keep it
            </a>
          </div>
        </form>
      </div>
    </Layout>
  );
}
