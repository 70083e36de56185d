/** The wall: renews the pictures while they are looked at; shows live video where no picture can be made. */
import { canPlay, createStream } from "./stream.js";

const RENEW_MS = 10_000;
/** A browser has six connections to a server, and one for the page itself is needed. */
const MAX_VIDEOS = 4;

const channels = document.getElementById("channels");
const seen = new Set();
const busy = new Set();
const videos = new Map();
let hls;

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) seen.add(target);
    else seen.delete(target);
  }
});

function watchTiles() {
  for (const tile of seen) if (!tile.isConnected) seen.delete(tile);
  for (const [tile, stream] of videos) {
    if (tile.isConnected) continue;
    stream.close();
    videos.delete(tile);
  }
  for (const tile of document.querySelectorAll("[data-picture]")) {
    watcher.observe(tile);
    const image = tile.querySelector("img");
    if (tile.dataset.picture === "" || (image?.complete && image.naturalWidth === 0)) void instead(tile);
    else image?.addEventListener("error", () => void instead(tile), { once: true });
  }
}

/** Loads the newer picture beside the old one, and changes them when it is there. */
async function renew(tile) {
  const old = tile.querySelector("img");
  if (!old || busy.has(tile)) return;
  busy.add(tile);
  try {
    const next = old.cloneNode();
    next.loading = "eager";
    next.src = `${tile.dataset.picture}&now=${Math.floor(Date.now() / 1000)}`;
    await next.decode();
    old.replaceWith(next);
  } catch {
    // The old one stays; the state in words says what is wrong.
    return;
  } finally {
    busy.delete(tile);
  }
}

function loadHls() {
  hls ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = channels.dataset.hls;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return hls;
}

function sayInstead(tile, text) {
  const words = document.createElement("span");
  words.className = "tile-words";
  words.textContent = text;
  tile.replaceChildren(words);
}

/** What stands where no picture can be had: live video in a few tiles, words in the others. */
async function instead(tile) {
  if (videos.has(tile) || tile.dataset.instead !== undefined) return;
  tile.dataset.instead = "";
  sayInstead(tile, "No picture now");
  if (tile.dataset.live === "" || videos.size >= MAX_VIDEOS) return;
  await loadHls().catch(() => undefined);
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.tabIndex = -1;
  if (!canPlay(video, tile.dataset.codecs) || videos.size >= MAX_VIDEOS) return;
  const stream = createStream(video, tile.dataset.live, {
    onLanded: () => undefined,
    onTrouble: () => undefined,
    onUnplayable: () => sayInstead(tile, "No picture now"),
    onWell: () => undefined,
  });
  videos.set(tile, stream);
  tile.replaceChildren(video);
  void video.play().catch(() => undefined);
}

function renewAll() {
  if (document.hidden) return;
  for (const tile of seen) if (tile.dataset.picture !== "") void renew(tile);
}

watchTiles();
document.addEventListener("htmx:after:swap", watchTiles);
document.addEventListener("visibilitychange", () => {
  for (const video of document.querySelectorAll(".tile-picture video")) {
    if (document.hidden) video.pause();
    else void video.play().catch(() => undefined);
  }
  renewAll();
});
setInterval(renewAll, RENEW_MS);
