/** Buttons, clock, links and keys of the player. */
import { listenToKeys } from "./keys.js";
import { copyWithAnswer } from "./page.js";
import { dateWords, durationWords, timeWords } from "./time.js";

const LIVE_LAG_MS = 20_000;
const HOUR_SECONDS = 3600;

export function createControls(root, player, moments, data) {
  const { video, scrub } = player;
  const find = (name) => root.querySelector(`[data-${name}]`);
  const playButton = find("play");
  const clock = find("clock");
  const liveButton = find("live-button");
  const soundButton = find("sound");
  const speed = find("speed");

  const showSound = () => soundButton.setAttribute("aria-pressed", String(!video.muted));
  const toggleSound = () => {
    video.muted = !video.muted;
  };
  const toggleZoom = () => find("zoom").setAttribute("aria-pressed", String(scrub.toggleZoom()));

  function toggleFullScreen() {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (root.requestFullscreen) void root.requestFullscreen();
    else video.webkitEnterFullscreen?.();
  }

  function changeSpeed(direction) {
    const next = speed.options[speed.selectedIndex + direction];
    if (!next) return;
    speed.value = next.value;
    player.setRate(Number(speed.value));
  }

  function keepLinks(ms) {
    const seconds = Math.floor(ms / 1000);
    find("hour-link").href = `${data.channel}/archive-${seconds}-${HOUR_SECONDS}.mp4`;
    const still = find("still-link");
    if (still)
      still.href = player.isLive() ? `${data.channel}/frame` : `${data.channel}/frame?at=${Math.floor(ms)}`;
    const url = player.list()?.url;
    if (url) find("list-link").href = `${url}${url.includes("?") ? "&" : "?"}download=1`;
  }

  function show() {
    const ms = player.playingMs();
    const edgeMs = player.edgeMs();
    const isPaused = player.isPaused();
    const isLive =
      player.isLive() && !isPaused && ms !== undefined && edgeMs !== undefined && edgeMs - ms < LIVE_LAG_MS;
    liveButton?.setAttribute("aria-pressed", String(isLive));
    playButton.textContent = isPaused ? "Play" : "Pause";
    scrub.setPlaying(ms);
    if (ms === undefined) return;
    const lag = isLive ? ", live" : `, ${durationWords(Math.max(0, Date.now() - ms))} ago`;
    const isToday = data.today !== undefined;
    const words = `${timeWords(ms, data.zone)}, ${dateWords(ms, data.zone)}${isToday ? lag : ""}`;
    if (clock.textContent !== words) clock.textContent = words;
    keepLinks(ms);
    moments.keep(isLive ? undefined : ms);
  }

  playButton.addEventListener("click", player.toggle);
  video.addEventListener("click", player.toggle);
  video.addEventListener("volumechange", showSound);
  video.addEventListener("pause", () => {
    const ms = player.playingMs();
    if (ms !== undefined && !video.ended) moments.keep(ms, true);
  });
  liveButton?.addEventListener("click", player.goLive);
  for (const button of root.querySelectorAll("[data-skip]"))
    button.addEventListener("click", () => player.skip(Number(button.dataset.skip)));
  for (const button of root.querySelectorAll("[data-frame]"))
    button.addEventListener("click", () => player.stepPicture(Number(button.dataset.frame)));
  for (const button of root.querySelectorAll("[data-gap-step]"))
    button.addEventListener("click", () => player.stepGap(Number(button.dataset.gapStep)));
  speed.addEventListener("change", () => player.setRate(Number(speed.value)));
  find("zoom").addEventListener("click", toggleZoom);
  soundButton.addEventListener("click", toggleSound);
  find("full-screen").addEventListener("click", toggleFullScreen);
  const copyButton = find("copy-moment");
  copyButton.hidden = false;
  copyButton.addEventListener("click", () => {
    const ms = player.playingMs();
    if (ms !== undefined) void copyWithAnswer(copyButton, new URL(moments.addressOf(ms), location.href).href);
  });

  const skipBy = (seconds) => (event) => player.skip(seconds * (event.shiftKey ? 6 : 1));
  listenToKeys({
    " ": player.toggle,
    k: player.toggle,
    ArrowLeft: skipBy(-10),
    ArrowRight: skipBy(10),
    ",": () => player.stepPicture(-1),
    ".": () => player.stepPicture(1),
    "[": () => player.stepGap(-1),
    "]": () => player.stepGap(1),
    "-": () => changeSpeed(-1),
    "+": () => changeSpeed(1),
    l: player.goLive,
    m: toggleSound,
    z: toggleZoom,
    f: toggleFullScreen,
  });

  for (const row of root.querySelectorAll("[data-controls]")) row.hidden = false;
  showSound();
  setInterval(show, 250);
}
