import type { Identity } from "../src/access/identity.ts";

/** What every page needs to know about the place it is shown in. */
export type Site = {
  version: string;
  /** Time zone of the times on the page: the server's, or a channel's own. */
  zone: string;
  /** Who may look: everyone, or people with accounts. */
  auth: "none" | "accounts";
  /** Who looks; `undefined` before signing in. */
  identity?: Identity | undefined;
  /** How many jobs run. */
  runningJobs?: number;
  /** Addresses of the embedded files. */
  assets: {
    styles: readonly string[];
    icon: string;
    htmx: string;
    hls: string;
    page: string;
    player: string;
    bar: string;
    span: string;
    wall: string;
  };
};
