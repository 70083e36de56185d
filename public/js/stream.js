/** One playlist in one video element: by hls.js, or by the browser itself where it can't. */

/* global Hls */

const mediaSource = () => globalThis.ManagedMediaSource ?? globalThis.MediaSource;
const isNative = (video) => video.canPlayType("application/vnd.apple.mpegurl") !== "";

const playsByScript = (codecs) =>
  Boolean(globalThis.Hls?.isSupported()) &&
  (codecs === "" || mediaSource().isTypeSupported(`video/mp4; codecs="${codecs}"`));

/** Whether this browser plays footage of these codecs (RFC 6381, comma-separated), in either way. */
export function canPlay(video, codecs) {
  if (playsByScript(codecs)) return true;
  return isNative(video) && (codecs === "" || video.canPlayType(`video/mp4; codecs="${codecs}"`) !== "");
}

/**
 * Starts a playlist. `atMs` is the wall time to begin at (live edge without it); `onLanded` is told at which
 * wall time it really begins, as the moment asked for may lie in a hole.
 */
export function createStream(video, url, options) {
  return globalThis.Hls?.isSupported()
    ? scriptStream(video, url, options)
    : nativeStream(video, url, options);
}

/** hls.js never loads anything at the very beginning of a list that grows. */
const FIRST_SECONDS = 0.1;

/** Where in a playlist a wall time lies: in seconds of media time, and the wall time that is there. */
function placeOf(fragments, atMs) {
  if (fragments.length === 0) return undefined;
  const firstSeconds = fragments[0].start + FIRST_SECONDS;
  for (const fragment of fragments) {
    const startMs = fragment.programDateTime;
    if (startMs === null || startMs === undefined) continue;
    const endMs = startMs + fragment.duration * 1000;
    if (atMs >= endMs) continue;
    const seconds = fragment.start + Math.max(0, atMs - startMs) / 1000;
    return { seconds: Math.max(seconds, firstSeconds), ms: Math.max(atMs, startMs) };
  }
  return undefined;
}

/** The last segment of a list: for a moment behind its end. */
function lastPlace(fragments) {
  const last = fragments.at(-1);
  return last?.programDateTime ? { seconds: last.start, ms: last.programDateTime } : undefined;
}

/** A small delay is made up for by playing a little faster; nobody hears it. */
const CATCH_UP_RATE = 1.05;
/** Who has fallen behind the live edge by more than this is taken there at once. */
const MAX_LAG_SECONDS = 4;

/** A list without parts grows by whole segments: until the next one comes, nobody has fallen behind. */
const maxLagOf = ({ partTarget, targetduration }) =>
  partTarget ? MAX_LAG_SECONDS : Math.max(MAX_LAG_SECONDS, 2 * targetduration);

/**
 * Keeps a viewer at the live edge who is there: after sleep, a hidden tab or a lost network the rest would be shown
 * for ever late. Whoever goes back by themselves is left alone.
 */
function followEdge(hls, video, startsThere) {
  let isFollowing = startsThere;
  const isBehind = () => {
    const { latestLevelDetails: details, targetLatency } = hls;
    if (!details?.live || !targetLatency) return false;
    return details.edge - video.currentTime - targetLatency > maxLagOf(details);
  };
  const onSeeking = () => {
    isFollowing = !isBehind();
  };
  video.addEventListener("seeking", onSeeking);
  const timer = setInterval(() => {
    const isLost = isFollowing && !video.paused && video.readyState > 0 && isBehind();
    if (isLost && hls.liveSyncPosition) video.currentTime = hls.liveSyncPosition;
  }, 1000);
  return () => {
    clearInterval(timer);
    video.removeEventListener("seeking", onSeeking);
  };
}

function scriptStream(video, url, { atMs, onLanded, onTrouble, onUnplayable, onWell }) {
  const hls = new Hls({
    backBufferLength: 90,
    maxBufferLength: 30,
    liveDurationInfinity: true,
    // Parts are played where the list has some, as far from its end as it asks for: a count set here would win.
    lowLatencyMode: true,
    maxLiveSyncPlaybackRate: CATCH_UP_RATE,
    // Its schedule sets the position to the live edge again after a start elsewhere was asked for.
    enableInterstitialPlayback: false,
  });
  const stopFollowing = followEdge(hls, video, atMs === undefined);
  let fragments = [];
  let hasBegun = atMs === undefined;
  let recoveredMs = 0;
  let retryTimer;

  // No segment is fetched until the list has said where to begin: hls.js stands still when a start elsewhere
  // aborts the one at the live edge.
  hls.on(Hls.Events.LEVEL_SWITCHING, () => {
    if (!hasBegun) hls.pauseBuffering();
  });
  hls.on(Hls.Events.LEVEL_LOADED, (_event, { details }) => {
    fragments = details.fragments;
    if (hasBegun) return;
    hasBegun = true;
    const place = placeOf(fragments, atMs) ?? (details.live ? undefined : lastPlace(fragments));
    if (!place) {
      hls.resumeBuffering();
      return;
    }
    hls.startLoad(place.seconds);
    onLanded(place.ms);
  });
  hls.on(Hls.Events.LEVEL_UPDATED, (_event, { details }) => {
    fragments = details.fragments;
  });
  hls.on(Hls.Events.FRAG_BUFFERED, () => onWell());
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && performance.now() - recoveredMs > 5_000) {
      recoveredMs = performance.now();
      hls.recoverMediaError();
      return;
    }
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR) {
      const isNothing = data.response?.code === 404;
      onTrouble(
        isNothing
          ? "There is nothing to play here now. Trying again."
          : "Nightjar does not answer. Trying again.",
      );
      clearTimeout(retryTimer);
      retryTimer = setTimeout(() => hls.loadSource(url), 5_000);
      return;
    }
    onUnplayable();
  });
  hls.loadSource(url);
  hls.attachMedia(video);

  return {
    playingMs: () => hls.playingDate?.getTime(),
    edgeMs() {
      const last = fragments.at(-1);
      if (!last?.programDateTime) return undefined;
      const edgeSeconds = hls.latestLevelDetails?.edge ?? last.end;
      return last.programDateTime + (edgeSeconds - last.start) * 1000;
    },
    /** Goes to a wall time within this playlist; `undefined` when it does not reach there. */
    seekTo(ms) {
      const firstMs = fragments[0]?.programDateTime;
      if (!firstMs || ms < firstMs) return undefined;
      const place = placeOf(fragments, ms);
      if (!place) return undefined;
      video.currentTime = place.seconds;
      return place.ms;
    },
    close() {
      clearTimeout(retryTimer);
      stopFollowing();
      hls.destroy();
    },
  };
}

/** Browsers without Media Source (iPhones before 17.1) play HLS by themselves and tell the start's wall time. */
function nativeStream(video, url, { atMs, onLanded, onUnplayable, onWell }) {
  const startMs = () => {
    const ms = video.getStartDate?.().getTime();
    return Number.isFinite(ms) ? ms : undefined;
  };
  const listeners = new AbortController();
  const listen = (name, handler) => video.addEventListener(name, handler, { signal: listeners.signal });
  listen("loadedmetadata", () => {
    const firstMs = startMs();
    if (atMs === undefined || firstMs === undefined) return;
    video.currentTime = Math.max(0, (atMs - firstMs) / 1000);
    onLanded(Math.max(atMs, firstMs));
  });
  listen("playing", () => onWell());
  listen("error", () => onUnplayable());
  video.src = url;
  return {
    playingMs() {
      const firstMs = startMs();
      return firstMs === undefined ? undefined : firstMs + video.currentTime * 1000;
    },
    edgeMs() {
      const firstMs = startMs();
      if (firstMs === undefined || video.seekable.length === 0) return undefined;
      return firstMs + video.seekable.end(video.seekable.length - 1) * 1000;
    },
    seekTo(ms) {
      const firstMs = startMs();
      if (firstMs === undefined || ms < firstMs) return undefined;
      video.currentTime = (ms - firstMs) / 1000;
      return ms;
    },
    close() {
      listeners.abort();
      video.removeAttribute("src");
      video.load();
    },
  };
}
