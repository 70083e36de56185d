import { Elysia } from "elysia";
import { h } from "preact";
import { SettingsPage } from "../../views/settings-page.tsx";
import type { StorageLine } from "../../views/storage-table.tsx";
import { access } from "../access/policy.ts";
import type { ChannelStatus } from "../status/channel-status.ts";
import { forecastWords } from "../status/forecast.ts";
import { storageReport, type StorageReport } from "../status/storage-report.ts";
import { dateWords, sizeWords } from "../status/words.ts";
import type { PagesDeps } from "./deps.ts";
import { htmlPage } from "./html.ts";

function linesOf({ forecast, sinceMs }: StorageReport, channels: readonly ChannelStatus[]): StorageLine[] {
  return forecast.channels.map((use, index): StorageLine => {
    const channel = channels[index];
    const since = sinceMs.get(use.id);
    return {
      id: use.id,
      name: channel?.name ?? use.id,
      size: sizeWords(use.sizeBytes),
      rate: use.bytesPerDay === undefined ? "nothing now" : sizeWords(use.bytesPerDay),
      since: since === undefined ? "no footage" : dateWords(since, channel?.zone ?? "UTC"),
      forecast: forecastWords(use),
    };
  });
}

/** `/settings`: the index of what can be set, and the storage. */
export const settingsPages = ({ status, history, storageUse, site, configFile, refusedConfig }: PagesDeps) =>
  new Elysia({ name: "settings-pages" }).get(
    "/settings",
    ({ request }) => {
      const all = status.all();
      const storage = storageReport(history, storageUse(), all.storage, all.channels, all.nowMs);
      const shown = site(request);
      const isAdmin = shown.identity?.role === "admin";
      const props = { site: shown, storage, lines: linesOf(storage, all.channels) };
      return htmlPage(
        h(SettingsPage, { ...props, ...(isAdmin ? { configFile, refused: refusedConfig?.() } : {}) }),
      );
    },
    access("viewer", { hide: true }),
  );
