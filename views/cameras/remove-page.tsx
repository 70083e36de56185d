import type { SourceKind } from "../../src/config/source-kinds.ts";
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
  /** What it was recorded from, which decides what stops. */
  kind: SourceKind;
  revision: string;
  trouble?: string | undefined;
};

/** What ends with the channel. */
function endWords(kind: SourceKind): string {
  if (kind === "upload")
    return "Files that are sent to it are refused from then on. Tokens stay good until they are revoked.";
  if (kind === "folder") return "The folder is no longer watched. Not a file in it is changed or deleted.";
  return "Recording stops, and its address and password are taken out of the configuration.";
}

/** Asks before a camera is removed, and says first what becomes of its footage. */
export function RemovePage({ site, id, name, footage, keep, kind, revision, trouble }: RemovePageProps) {
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
        <p>{endWords(kind)}</p>
        {footage === undefined ? (
          <p>It has no footage.</p>
        ) : (
          <>
            <p>
              Its footage stays: {footage}. It is listed and can be played as before.{" "}
              {kind === "folder" ? "Nothing in the folder is touched." : keep}
            </p>
            <p class="quiet">
              To delete the footage as well, stop Nightjar afterwards and run{" "}
              <code>nightjar remove {id} --footage --yes</code>
              {kind === "folder" && ". The files of the folder stay even then: they are not Nightjar's."}
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
