/**
 * The player of a channel's page: live, today back to midnight, and any hour before. Moments are found by the
 * playlists' program date-times, never by adding up: footage has holes, and media time has none.
 */
import { copyWithAnswer } from "./page.js";
import { createStream, canPlay } from "./stream.js";
import { dateWords, durationWords, timeWords } from "./time.js";

const HOUR_SECONDS = 3600;
const LIVE_LAG_MS = 20_000;

const root = document.getElementById("player");
if (root) startPlayer(root);

function startPlayer(root) {
  const video = root.querySelector("video");
  const message = root.querySelector("[data-message]");
  const clock = root.querySelector("[data-clock]");
  const liveButton = root.querySelector("[data-live-button]");
  const { live, today, archive, page, zone, codecs, codecName } = root.dataset;

  let stream;
  let mode = "live";
  let messageTimer;
  let isTroubled = false;

  function say(words, { link, lasts } = {}) {
    clearTimeout(messageTimer);
    isTroubled = false;
    message.textContent = words;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = `${link}?download=1`;
      anchor.textContent = new URL(link, location.href).href;
      message.append(" ", anchor);
    }
    message.hidden = words === "";
    if (lasts) messageTimer = setTimeout(() => say(""), lasts);
  }

  function sayTrouble(words, options) {
    say(words, options);
    isTroubled = true;
  }

  if (!canPlay(video, codecs)) {
    const what = codecName === "" ? "this footage" : codecName;
    video.controls = false;
    say(`This browser can't play ${what} here. Open it in VLC:`, { link: live });
    return;
  }

  function load(url, atMs) {
    stream?.close();
    stream = createStream(video, url, {
      atMs,
      onLanded: (landedMs) => sayLanding(atMs, landedMs),
      onTrouble: (words) => sayTrouble(words),
      onUnplayable: () => sayTrouble("This browser can't play this. Open it in VLC:", { link: url }),
      onWell: () => {
        if (isTroubled) say("");
      },
    });
    void video.play().catch(() => undefined);
  }

  function sayLanding(askedMs, landedMs) {
    if (askedMs === undefined || Math.abs(landedMs - askedMs) < 2_000) return;
    const gap = [...document.querySelectorAll("[data-gap]")].find((element) => {
      const [start, end] = element.dataset.gap.split(" ").map(Number);
      return askedMs >= start && askedMs < end;
    });
    const why = gap ? gap.getAttribute("aria-label") : `nothing is kept of ${timeWords(askedMs, zone)}`;
    say(`No footage: ${why}. Playing from ${timeWords(landedMs, zone)}.`, { lasts: 10_000 });
  }

  function goLive() {
    mode = "live";
    say("");
    load(live);
  }

  function goTo(atMs) {
    if (atMs > Date.now() + 60_000) return goLive();
    say("");
    const landed = stream?.seekTo(atMs);
    if (landed !== undefined) {
      mode = mode === "live" ? "list" : mode;
      sayLanding(atMs, landed);
      return;
    }
    const bar = document.querySelector("[data-bar]");
    const isToday = bar && atMs >= Number(bar.dataset.start) && atMs < Number(bar.dataset.end);
    mode = "list";
    load(isToday ? today : `${archive}${Math.floor(atMs / 1000)}-${HOUR_SECONDS}.m3u8`, atMs);
  }

  const momentAddress = (ms) => `${page}?at=${Math.floor(ms / 1000)}`;

  function visit(atMs) {
    history.pushState(null, "", momentAddress(atMs));
    goTo(atMs);
  }

  function skip(seconds) {
    const now = stream?.playingMs();
    if (now === undefined) return;
    const wanted = now + seconds * 1000;
    if (wanted < (stream.edgeMs() ?? Number.POSITIVE_INFINITY)) goTo(wanted);
    else if (mode !== "live") goLive();
  }

  function showClock() {
    const ms = stream?.playingMs();
    const edgeMs = stream?.edgeMs();
    const isLive =
      mode === "live" &&
      ms !== undefined &&
      edgeMs !== undefined &&
      edgeMs - ms < LIVE_LAG_MS &&
      !video.paused;
    liveButton.setAttribute("aria-pressed", String(isLive));
    movePlayhead(ms);
    if (ms === undefined) return;
    const behindMs = Date.now() - ms;
    const lag = isLive ? "live" : `${durationWords(Math.max(0, behindMs))} ago`;
    const words = `${timeWords(ms, zone)}, ${dateWords(ms, zone)}, ${lag}`;
    if (clock.textContent !== words) clock.textContent = words;
  }

  function movePlayhead(ms) {
    const bar = document.querySelector("[data-bar]");
    const line = bar?.querySelector("[data-playhead]");
    if (!line) return;
    const start = Number(bar.dataset.start);
    const share = ms === undefined ? -1 : (ms - start) / (Number(bar.dataset.end) - start);
    line.setAttribute("visibility", share >= 0 && share <= 1 ? "visible" : "hidden");
    if (share < 0 || share > 1) return;
    line.setAttribute("x1", `${share * 100}%`);
    line.setAttribute("x2", `${share * 100}%`);
  }

  liveButton.addEventListener("click", () => {
    history.pushState(null, "", page);
    goLive();
  });
  for (const button of root.querySelectorAll("[data-skip]")) {
    button.addEventListener("click", () => skip(Number(button.dataset.skip)));
  }
  root.querySelector("[data-copy-moment]").addEventListener("click", (event) => {
    const ms = stream?.playingMs();
    if (ms !== undefined)
      void copyWithAnswer(event.currentTarget, new URL(momentAddress(ms), location.href).href);
  });

  document.addEventListener("nightjar:seek", (event) => {
    event.preventDefault();
    visit(event.detail.atMs);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("#now a[href]") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = new URL(link.getAttribute("href"), location.href).searchParams.get("at");
    if (at === null) return;
    event.preventDefault();
    visit(Number(at) * 1000);
    root.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== document.body || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowLeft") skip(-10);
    else if (event.key === "ArrowRight") skip(10);
    else if (event.key === "l") liveButton.click();
    else if (event.key === " ") void (video.paused ? video.play() : video.pause());
    else return;
    event.preventDefault();
  });
  addEventListener("popstate", () => {
    const at = new URLSearchParams(location.search).get("at");
    if (at !== null && Number.isFinite(Number(at))) goTo(Number(at) * 1000);
    else goLive();
  });

  root.querySelector("[data-controls]").hidden = false;
  setInterval(showClock, 250);
  if (root.dataset.at === undefined) goLive();
  else goTo(Number(root.dataset.at));
}
