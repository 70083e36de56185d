/** The address of the page and what plays, kept in step: any moment has its address, and Back works. */

const KEEP_EVERY_MS = 5_000;

export function createMoments({ page }) {
  const addressOf = (atMs) => (atMs === undefined ? page : `${page}?at=${Math.floor(atMs / 1000)}`);
  let keptMs = performance.now();

  return {
    addressOf,
    /** A step that Back takes back; `undefined` is live. */
    push(atMs) {
      keptMs = performance.now();
      history.pushState(null, "", addressOf(atMs));
    },
    /** Writes down where it plays, now and then. */
    keep(atMs, isNow = false) {
      if (!isNow && performance.now() - keptMs < KEEP_EVERY_MS) return;
      keptMs = performance.now();
      const address = addressOf(atMs);
      if (location.pathname + location.search !== address) history.replaceState(null, "", address);
    },
    onBack(listener) {
      addEventListener("popstate", () => {
        const at = new URLSearchParams(location.search).get("at");
        const isMoment = at !== null && Number.isFinite(Number(at));
        listener(isMoment ? Number(at) * 1000 : undefined);
      });
    },
  };
}
