/** The day's coverage bar as the player's scrub bar: pointer, touch, keys, a preview of what is pointed at. */
import { isRecordedAt, stateAt, timeAt, windowOf } from "./bar.js";

const HOUR_MS = 3_600_000;
/** Keys are repeated quickly; the player goes there once they rest. */
const KEY_REST_MS = 250;
const PREVIEW_EVERY_MS = 150;
const PREVIEW_WIDTH = 240;

const steps = {
  ArrowLeft: -10_000,
  ArrowDown: -10_000,
  ArrowRight: 10_000,
  ArrowUp: 10_000,
  PageDown: -HOUR_MS,
  PageUp: HOUR_MS,
};

/**
 * Makes the scrub bar of a player. `onSeek` is told the moment that a person chose; `still` is the address of the
 * channel's pictures, or empty.
 */
export function createScrub(root, { still, onSeek }) {
  const scrub = root.querySelector("[data-scrub]");
  const preview = createPreview(root, still);
  const barNow = () => scrub.querySelector("[data-bar]");
  let playingMs;
  let isDragging = false;
  let keyTimer;
  let keyMs;
  let isZoomed = false;

  const clamp = (ms) => {
    const { start, end, now } = barNow().dataset;
    return Math.min(Math.max(ms, Number(start)), Number(end) - 1000, Number(now));
  };

  function drawPlayhead(ms) {
    const bar = barNow();
    const line = bar.querySelector("[data-playhead]");
    const start = Number(bar.dataset.start);
    const share = ms === undefined ? -1 : (ms - start) / (Number(bar.dataset.end) - start);
    const isInside = share >= 0 && share <= 1;
    line.setAttribute("visibility", isInside ? "visible" : "hidden");
    if (!isInside) return;
    line.setAttribute("x1", `${share * 100}%`);
    line.setAttribute("x2", `${share * 100}%`);
    scrub.setAttribute("aria-valuenow", String(Math.round((ms - start) / 1000)));
    scrub.setAttribute("aria-valuetext", stateAt(bar, ms));
  }

  /** Shows the hour around what plays, or the whole day. */
  function drawWindow() {
    const bar = barNow();
    const start = Number(bar.dataset.start);
    const lengthMs = Number(bar.dataset.end) - start;
    const width = isZoomed ? (lengthMs / HOUR_MS) * 100 : 100;
    const middle = ((keyMs ?? playingMs ?? start) - start) / lengthMs;
    const x = isZoomed ? Math.min(0, Math.max(100 - width, 50 - middle * width)) : 0;
    const shown = windowOf(bar);
    if (isZoomed === shown.width > 101 && (isDragging || Math.abs(shown.x - x) < 10)) return;
    for (const part of bar.querySelectorAll("[data-window]")) {
      part.setAttribute("x", `${x}%`);
      part.setAttribute("width", `${width}%`);
    }
  }

  function pointAt(event) {
    const bar = barNow();
    const ms = timeAt(bar, event.clientX);
    const box = scrub.getBoundingClientRect();
    preview.show(bar, ms, event.clientX - box.left, box.width);
    return ms;
  }

  scrub.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    isDragging = true;
    scrub.setPointerCapture(event.pointerId);
    drawPlayhead(clamp(pointAt(event)));
  });
  scrub.addEventListener("pointermove", (event) => {
    const ms = pointAt(event);
    if (isDragging) drawPlayhead(clamp(ms));
  });
  scrub.addEventListener("pointerup", (event) => {
    if (!isDragging) return;
    isDragging = false;
    if (event.pointerType !== "mouse") preview.hide();
    onSeek(clamp(timeAt(barNow(), event.clientX)));
  });
  scrub.addEventListener("pointercancel", () => {
    isDragging = false;
    preview.hide();
  });
  scrub.addEventListener("pointerleave", () => {
    if (!isDragging) preview.hide();
  });

  scrub.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { start, now, end } = barNow().dataset;
    const from = keyMs ?? playingMs ?? Number(start);
    const step = (steps[event.key] ?? 0) * (event.shiftKey ? 6 : 1);
    if (step !== 0) keyMs = clamp(from + step);
    else if (event.key === "Home") keyMs = Number(start);
    else if (event.key === "End") keyMs = clamp(Math.min(Number(now), Number(end)));
    else return;
    event.preventDefault();
    event.stopPropagation();
    drawPlayhead(keyMs);
    drawWindow();
    clearTimeout(keyTimer);
    keyTimer = setTimeout(() => {
      const ms = keyMs;
      keyMs = undefined;
      onSeek(ms);
    }, KEY_REST_MS);
  });

  function draw() {
    drawWindow();
    if (!isDragging && keyMs === undefined) drawPlayhead(playingMs);
  }
  document.addEventListener("htmx:after:swap", draw);

  return {
    /** Moves the playhead to what plays now. */
    setPlaying(ms) {
      playingMs = ms;
      draw();
    },
    /** Between the whole day and an hour; answers which it is now. */
    toggleZoom() {
      isZoomed = !isZoomed;
      draw();
      return isZoomed;
    },
    /** Forgets the moment that keys were on their way to. */
    forgetKeys() {
      clearTimeout(keyTimer);
      keyMs = undefined;
    },
    /** Begins of the gaps that the bar shows, ms UTC. */
    gapStarts: () =>
      [...barNow().querySelectorAll("[data-gap]")].map((gap) => Number(gap.dataset.gap.split(" ")[0])),
    /** Whether a moment lies in the day of the bar. */
    covers(ms) {
      const { start, end } = barNow().dataset;
      return ms >= Number(start) && ms < Number(end);
    },
    bar: barNow,
  };
}

/** The small picture and the time over the bar. One picture is asked for at a time, the newest wish next. */
function createPreview(root, still) {
  const box = root.querySelector("[data-preview]");
  const image = box.querySelector("[data-preview-picture]");
  const words = box.querySelector("[data-preview-words]");
  const address = still.replace(/width=\d+/, `width=${PREVIEW_WIDTH}`);
  let wanted;
  let isLoading = false;

  async function load() {
    if (isLoading || wanted === undefined) return;
    isLoading = true;
    const asked = wanted;
    const next = new Image();
    next.src = `${address}&at=${asked}`;
    try {
      await next.decode();
      image.src = next.src;
      image.hidden = false;
    } catch {
      image.hidden = true;
    }
    setTimeout(() => {
      isLoading = false;
      if (wanted !== asked) void load();
    }, PREVIEW_EVERY_MS);
  }

  return {
    show(bar, ms, x, width) {
      words.textContent = stateAt(bar, ms);
      box.hidden = false;
      box.style.left = `${Math.min(Math.max(0, x - box.offsetWidth / 2), width - box.offsetWidth)}px`;
      const hasPicture = still !== "" && isRecordedAt(bar, ms);
      if (!hasPicture) {
        wanted = undefined;
        image.hidden = true;
        return;
      }
      wanted = Math.floor(ms / 1000);
      void load();
    },
    hide() {
      wanted = undefined;
      box.hidden = true;
    },
  };
}
