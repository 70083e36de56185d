/** Coverage bars: what lies under the pointer, in words; a click goes to that moment. */
import { timeWords } from "./time.js";

const pictureAt = (target) => (target instanceof Element ? target.closest(".bar-picture") : null);
const wordsOf = (bar) => bar.querySelector("[data-words]");

/** The part of the day that a bar shows, in percent of its width: all of it, or when zoomed more than all. */
export function windowOf(bar) {
  const part = bar.querySelector("[data-window]");
  return {
    x: Number.parseFloat(part.getAttribute("x")),
    width: Number.parseFloat(part.getAttribute("width")),
  };
}

/** The moment that lies at a place on the screen, ms UTC. */
export function timeAt(bar, clientX) {
  const box = bar.querySelector(".bar-picture").getBoundingClientRect();
  const shown = windowOf(bar);
  const percent = ((clientX - box.left) / box.width) * 100;
  const share = Math.min(1, Math.max(0, (percent - shown.x) / shown.width));
  const start = Number(bar.dataset.start);
  return start + share * (Number(bar.dataset.end) - start);
}

function covers(element, attribute, ms) {
  const [start, end] = element.dataset[attribute].split(" ").map(Number);
  return ms >= start && ms < end;
}

/** The gap of a bar in which a moment lies, in words. */
export const gapAt = (bar, ms) =>
  [...bar.querySelectorAll("[data-gap]")].find((element) => covers(element, "gap", ms))?.dataset.gapWords;

/** Whether a moment is recorded. */
export const isRecordedAt = (bar, ms) =>
  [...bar.querySelectorAll("[data-recorded]")].some((element) => covers(element, "recorded", ms));

const isLockedAt = (bar, ms) =>
  [...bar.querySelectorAll("[data-lock]")].some((element) => covers(element, "lock", ms));

/** What a bar knows of a moment, in words. */
export function stateAt(bar, ms) {
  const gap = gapAt(bar, ms);
  if (gap) return gap;
  const time = timeWords(ms, bar.dataset.zone);
  if (isRecordedAt(bar, ms)) return isLockedAt(bar, ms) ? `${time}, locked` : time;
  return ms > Number(bar.dataset.now) - 15_000 ? `${time}: not yet` : `${time}: nothing kept`;
}

/** Says again what is pointed at, as the part that was renewed has the day's words. */
let repeat;

document.addEventListener("htmx:after:swap", () => repeat?.());

document.addEventListener("pointermove", (event) => {
  const bar = pictureAt(event.target)?.closest("[data-bar]");
  if (!bar) return;
  const { clientX } = event;
  repeat = () => {
    wordsOf(bar).textContent = stateAt(bar, timeAt(bar, clientX));
  };
  repeat();
});

document.addEventListener("pointerout", (event) => {
  const bar = pictureAt(event.target)?.closest("[data-bar]");
  if (!bar || pictureAt(event.relatedTarget)) return;
  repeat = undefined;
  wordsOf(bar).textContent = bar.dataset.summary;
});

document.addEventListener("click", (event) => {
  const bar = pictureAt(event.target)?.closest("[data-bar]");
  if (!bar || bar.closest("[data-scrub]")) return;
  const atMs = timeAt(bar, event.clientX);
  if (atMs <= Number(bar.dataset.now)) location.assign(`${bar.dataset.href}?at=${Math.floor(atMs / 1000)}`);
});
