/** A part of the day: chosen on the scrub bar by pointer, touch and keys, and in step with the two fields of its form. */
import { windowOf } from "./bar.js";
import { durationWords, inputTime, inputText, timeWords } from "./time.js";

const SECOND_MS = 1000;
const LEAST_MS = SECOND_MS;
const DRAW_EVERY_MS = 300;
/** A press that moves no further is no drag. */
const SLACK_PIXELS = 4;

const steps = {
  ArrowLeft: -SECOND_MS,
  ArrowDown: -SECOND_MS,
  ArrowRight: SECOND_MS,
  ArrowUp: SECOND_MS,
  PageDown: -60 * SECOND_MS,
  PageUp: 60 * SECOND_MS,
};

const form = document.querySelector("[data-span-form]");
const layer = document.querySelector("[data-span-layer]");
const toggle = document.querySelector("[data-span-toggle]");
if (form && layer && toggle) startSpan();

function startSpan() {
  const { zone } = form.dataset;
  const fields = { from: form.elements.from, to: form.elements.to };
  const words = form.querySelector("[data-span-words]");
  const chosen = layer.querySelector("[data-span-chosen]");
  const edges = {
    from: layer.querySelector('[data-span-edge="from"]'),
    to: layer.querySelector('[data-span-edge="to"]'),
  };
  const barNow = () => layer.parentElement.querySelector("[data-bar]");
  const timeOf = (edge) => inputTime(fields[edge].value, zone);
  let dragged;

  function limits() {
    const { start, end, now } = barNow().dataset;
    return { first: Number(start), last: Math.min(Number(end), Number(now)) };
  }

  /** Where a moment lies on the layer, in percent. */
  function placeOf(ms) {
    const bar = barNow();
    const start = Number(bar.dataset.start);
    const shown = windowOf(bar);
    return shown.x + ((ms - start) / (Number(bar.dataset.end) - start)) * shown.width;
  }

  function timeAtPointer(event) {
    const bar = barNow();
    const box = layer.getBoundingClientRect();
    const shown = windowOf(bar);
    const percent = ((event.clientX - box.left) / box.width) * 100;
    const start = Number(bar.dataset.start);
    const ms = start + ((percent - shown.x) / shown.width) * (Number(bar.dataset.end) - start);
    const { first, last } = limits();
    return Math.min(last, Math.max(first, Math.round(ms / SECOND_MS) * SECOND_MS));
  }

  function draw() {
    const [from, to] = [timeOf("from"), timeOf("to")];
    const isThere = Number.isFinite(from) && Number.isFinite(to) && to > from;
    words.textContent = isThere ? durationWords(to - from) : "";
    chosen.hidden = !isThere;
    for (const edge of Object.values(edges)) edge.hidden = !isThere;
    if (!isThere || layer.hidden) return;
    const [left, right] = [placeOf(from), placeOf(to)];
    chosen.style.left = `${left}%`;
    chosen.style.width = `${right - left}%`;
    const { first, last } = limits();
    for (const [name, place, ms] of [
      ["from", left, from],
      ["to", right, to],
    ]) {
      edges[name].style.left = `${place}%`;
      edges[name].setAttribute("aria-valuemin", "0");
      edges[name].setAttribute("aria-valuemax", String(Math.round((last - first) / SECOND_MS)));
      edges[name].setAttribute("aria-valuenow", String(Math.round((ms - first) / SECOND_MS)));
      edges[name].setAttribute("aria-valuetext", timeWords(ms, zone));
    }
  }

  function setSpan(from, to) {
    fields.from.value = inputText(from, zone);
    fields.to.value = inputText(to, zone);
    draw();
  }

  /** Moves one end; it can't pass the other one. */
  function move(edge, ms) {
    const [from, to] = [timeOf("from"), timeOf("to")];
    const { first, last } = limits();
    if (edge === "from") setSpan(Math.max(first, Math.min(ms, to - LEAST_MS)), to);
    else setSpan(from, Math.min(last, Math.max(ms, from + LEAST_MS)));
  }

  const changed = () => fields.to.dispatchEvent(new Event("change", { bubbles: true }));

  layer.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    const edge = event.target.closest("[data-span-edge]")?.dataset.spanEdge;
    dragged = { edge, fromMs: timeAtPointer(event), x: event.clientX };
    layer.setPointerCapture(event.pointerId);
  });
  layer.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const ms = timeAtPointer(event);
    if (dragged.edge) move(dragged.edge, ms);
    else if (Math.abs(event.clientX - dragged.x) > SLACK_PIXELS && ms !== dragged.fromMs)
      setSpan(Math.min(ms, dragged.fromMs), Math.max(ms, dragged.fromMs));
  });
  layer.addEventListener("pointerup", () => {
    if (!dragged) return;
    dragged = undefined;
    changed();
  });
  layer.addEventListener("pointercancel", () => {
    dragged = undefined;
  });
  for (const [name, edge] of Object.entries(edges)) {
    edge.addEventListener("keydown", (event) => {
      const step = (steps[event.key] ?? 0) * (event.shiftKey ? 10 : 1);
      const { first, last } = limits();
      if (step !== 0) move(name, timeOf(name) + step);
      else if (event.key === "Home") move(name, first);
      else if (event.key === "End") move(name, last);
      else return;
      event.preventDefault();
      event.stopPropagation();
      changed();
    });
  }

  function choose(isOn) {
    layer.hidden = !isOn;
    toggle.setAttribute("aria-pressed", String(isOn));
    draw();
  }
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    choose(layer.hidden);
    if (!layer.hidden) {
      layer.scrollIntoView({ block: "nearest" });
      edges.from.focus({ preventScroll: true });
      changed();
    }
  });
  form.closest("details")?.addEventListener("toggle", (event) => {
    if (!event.target.open) choose(false);
  });
  form.addEventListener("input", draw);
  // The bar is renewed, and may be zoomed.
  setInterval(draw, DRAW_EVERY_MS);
}
