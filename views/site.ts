/** What every page needs to know about the place it is shown in. */
export type Site = {
  version: string;
  /** Time zone of the server, and the default of its channels. */
  zone: string;
  /** Who may look: everyone, or people with accounts. */
  auth: "none" | "accounts";
  /** Addresses of the embedded files. */
  assets: {
    style: string;
    icon: string;
    htmx: string;
    hls: string;
    page: string;
    player: string;
    bar: string;
  };
};
