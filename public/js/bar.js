/** Coverage bars: what lies under the pointer or the focus, in words; a click goes to that moment. */
import { timeWords } from "./time.js";

const barOf = (target) => (target instanceof Element ? target.closest("[data-bar]") : null);
const wordsOf = (bar) => bar.querySelector("[data-words]");

function timeAt(bar, clientX) {
  const box = bar.querySelector(".bar-picture").getBoundingClientRect();
  const share = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
  const start = Number(bar.dataset.start);
  return start + share * (Number(bar.dataset.end) - start);
}

function covers(element, attribute, ms) {
  const [start, end] = element.dataset[attribute].split(" ").map(Number);
  return ms >= start && ms < end;
}

function stateAt(bar, ms) {
  const gap = [...bar.querySelectorAll("[data-gap]")].find((element) => covers(element, "gap", ms));
  if (gap) return gap.getAttribute("aria-label");
  const time = timeWords(ms, bar.dataset.zone);
  const isRecorded = [...bar.querySelectorAll("[data-recorded]")].some((element) =>
    covers(element, "recorded", ms),
  );
  if (isRecorded) return time;
  return ms > Number(bar.dataset.now) - 15_000 ? `${time}: not yet` : `${time}: nothing kept`;
}

/** Says again what is pointed at, as the part that was renewed has the day's words. */
let repeat;

const rest = (bar) => {
  repeat = undefined;
  wordsOf(bar).textContent = bar.dataset.summary;
};

document.addEventListener("htmx:after:swap", () => repeat?.());

document.addEventListener("pointermove", (event) => {
  const picture = event.target instanceof Element ? event.target.closest(".bar-picture") : null;
  const bar = picture && barOf(picture);
  if (!bar) return;
  const { clientX } = event;
  repeat = () => {
    wordsOf(bar).textContent = stateAt(bar, timeAt(bar, clientX));
  };
  repeat();
});

document.addEventListener("pointerout", (event) => {
  const bar = barOf(event.target);
  const next = event.relatedTarget instanceof Element ? event.relatedTarget.closest(".bar-picture") : null;
  if (bar && !next) rest(bar);
});

document.addEventListener("focusin", (event) => {
  const gap = event.target instanceof Element ? event.target.closest("[data-gap]") : null;
  if (!gap) return;
  repeat = () => {
    wordsOf(barOf(gap)).textContent = gap.getAttribute("aria-label");
  };
  repeat();
});

document.addEventListener("focusout", (event) => {
  const gap = event.target instanceof Element ? event.target.closest("[data-gap]") : null;
  if (gap?.isConnected) rest(barOf(gap));
});

document.addEventListener("click", (event) => {
  const picture = event.target instanceof Element ? event.target.closest(".bar-picture") : null;
  const bar = picture && barOf(picture);
  if (!bar || event.target.closest("a")) return;
  const atMs = timeAt(bar, event.clientX);
  if (atMs > Number(bar.dataset.now)) return;
  const wish = new CustomEvent("nightjar:seek", { bubbles: true, cancelable: true, detail: { atMs } });
  if (bar.dispatchEvent(wish)) location.assign(`${bar.dataset.href}?at=${Math.floor(atMs / 1000)}`);
});
