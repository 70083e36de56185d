/** Still pictures that go on, for footage that this browser can't play: what a stream of `stream.js` does, slowly. */

const LIVE_EVERY_MS = 3_000;
const EVERY_MS = 1_000;

/**
 * Shows pictures in an image element. `address` is that of the channel's pictures; `atMs` is the wall time to begin
 * at, the newest picture without it. The times are those asked for; a picture is that of the key frame before.
 */
export function createStills(image, address, { atMs, onTrouble, onWell }) {
  let nowMs = atMs;
  let isPaused = false;
  let rate = 1;
  let isBusy = false;
  let shownMs = 0;
  let lastTick = performance.now();

  async function show() {
    if (isBusy || document.hidden) return;
    isBusy = true;
    shownMs = performance.now();
    const next = new Image();
    const time =
      nowMs === undefined ? `now=${Math.floor(Date.now() / 1000)}` : `at=${(nowMs / 1000).toFixed(3)}`;
    next.src = `${address}&${time}`;
    try {
      await next.decode();
      image.src = next.src;
      onWell();
    } catch {
      onTrouble("There is no picture of this moment. Trying the next one.");
    }
    isBusy = false;
  }

  const timer = setInterval(() => {
    const tick = performance.now();
    if (nowMs !== undefined && !isPaused) nowMs = Math.min(Date.now(), nowMs + (tick - lastTick) * rate);
    lastTick = tick;
    const everyMs = nowMs === undefined ? LIVE_EVERY_MS : EVERY_MS;
    if (!isPaused && tick - shownMs >= everyMs) void show();
  }, 250);
  void show();

  return {
    playingMs: () => nowMs ?? Date.now(),
    edgeMs: () => Date.now(),
    seekTo(ms) {
      nowMs = ms;
      void show();
      return ms;
    },
    close: () => clearInterval(timer),
    get paused() {
      return isPaused;
    },
    play() {
      isPaused = false;
    },
    pause() {
      nowMs ??= Date.now();
      isPaused = true;
    },
    setRate(wanted) {
      rate = wanted;
    },
  };
}
