import type { StorageReport } from "../src/status/storage-report.ts";
import { daysWords } from "../src/status/forecast.ts";
import { countWords, sizeWords } from "../src/status/words.ts";
import { Layout } from "./layout.tsx";
import type { Site } from "./site.ts";
import { StorageTable, type StorageLine } from "./storage-table.tsx";

export type SettingsPageProps = {
  site: Site;
  storage: StorageReport;
  lines: readonly StorageLine[];
  /** The configuration's file, for those who may change it. */
  configFile?: string | undefined;
  /** Why that file was not taken up when it was read last, line by line; for the same people. */
  refused?: readonly string[] | undefined;
};

/** `/settings`: what can be set, who is signed in, how long the storage lasts. */
export function SettingsPage({ site, storage, lines, configFile, refused = [] }: SettingsPageProps) {
  return (
    <Layout title="Settings" site={site} here="settings">
      <h1>Settings</h1>
      {refused.length > 0 && <RefusedConfig lines={refused} />}
      <WhoSection site={site} />
      <Links site={site} />
      <section class="part" aria-labelledby="storage-heading">
        <h2 id="storage-heading">Storage</h2>
        <StorageSummary storage={storage} />
        <StorageTable lines={lines} />
        <ul class="plain-list">
          {storage.roots.map((root) => (
            <li key={root.path}>
              <code>{root.path}</code>: {sizeWords(root.sizeBytes)} of footage
              {root.clipBytes > 0 ? `, ${sizeWords(root.clipBytes)} of timelapses, moments and clips` : ""}
              {root.isCurrent ? ", new footage goes there" : ""}
              {root.isThere ? "" : " (not there now)"}
            </li>
          ))}
        </ul>
      </section>
      <section class="part" aria-labelledby="about-heading">
        <h2 id="about-heading">About</h2>
        <p>Nightjar {site.version}</p>
        {configFile !== undefined && (
          <p>
            Configuration: <code>{configFile}</code>
          </p>
        )}
        <p class="links">
          <a href="/openapi">Addresses for programs (OpenAPI)</a>
          <a href="/health">Health (JSON)</a>
        </p>
      </section>
    </Layout>
  );
}

function RefusedConfig({ lines }: { lines: readonly string[] }) {
  return (
    <section class="notice trouble" aria-label="Configuration">
      <p>The changed configuration was not taken up; the one before it applies on.</p>
      <ul class="plain-list">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p>
        Correct the file, then reload it: <code>systemctl reload nightjar</code>, or SIGHUP.
      </p>
    </section>
  );
}

function WhoSection({ site }: { site: Site }) {
  const { auth, identity } = site;
  if (auth === "none") {
    return (
      <p class="notice">
        <code>auth: none</code>: whoever reaches this address may see and change everything.
      </p>
    );
  }
  if (!identity) return null;
  return (
    <div class="who">
      <p>
        Signed in as <strong>{identity.name}</strong> ({identity.role})
      </p>
      <form method="post" action="/logout">
        <button type="submit">Sign out</button>
      </form>
    </div>
  );
}

function Links({ site }: { site: Site }) {
  const isAdmin = site.identity?.role === "admin";
  const hasPeople = site.auth === "accounts";
  return (
    <ul class="settings-links">
      {isAdmin && (
        <li>
          <a href="/settings/cameras">Cameras</a>
          <span class="quiet">add, test, change, remove</span>
        </li>
      )}
      <li>
        <a href="/-/locks">Locks</a>
        <span class="quiet">footage that no limit deletes</span>
      </li>
      <li>
        <a href="/-/clips">Clips</a>
        <span class="quiet">films of parts of days</span>
      </li>
      {isAdmin && hasPeople && (
        <li>
          <a href="/settings/people">People</a>
          <span class="quiet">accounts, roles, tokens</span>
        </li>
      )}
      {hasPeople && (
        <li>
          <a href="/settings/password">Password</a>
          <span class="quiet">change your own</span>
        </li>
      )}
    </ul>
  );
}

function StorageSummary({ storage }: { storage: StorageReport }) {
  const { state, forecast } = storage;
  if (state.missing) {
    return (
      <p class="notice trouble">
        Nothing can be recorded to {state.path}: {state.missing.detail}
      </p>
    );
  }
  const free =
    state.freeBytes === undefined
      ? ""
      : `${sizeWords(state.freeBytes)} free${state.totalBytes === undefined ? "" : ` of ${sizeWords(state.totalBytes)}`}. `;
  const recording = forecast.channels.filter(({ bytesPerDay }) => bytesPerDay !== undefined).length;
  const rate =
    recording === 0
      ? "Nothing is recorded at present."
      : `${countWords(recording, "channel")} at the present bitrate: ${sizeWords(forecast.bytesPerDay)} a day.`;
  return (
    <p>
      {free}
      {rate} {recording > 0 && diskWords(storage)}
    </p>
  );
}

function diskWords({ forecast }: StorageReport): string {
  if (forecast.roomBytes === undefined) return "";
  if (forecast.diskDays === undefined)
    return "The disk is large enough for all that the limits below let stay.";
  return `The disk holds ${daysWords(forecast.diskDays)} of it; then the oldest footage makes room.`;
}
