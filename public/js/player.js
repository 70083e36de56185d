/**
 * The player of a channel's page: live, and a day. Moments are found by the playlists' program date-times, never by
 * adding up: footage has holes, and media time has none.
 */
import { gapAt } from "./bar.js";
import { createControls } from "./controls.js";
import { createLists } from "./lists.js";
import { createMoments } from "./moments.js";
import { createScrub } from "./scrub.js";
import { createStills } from "./stills.js";
import { canPlay, createStream } from "./stream.js";
import { timeWords } from "./time.js";

const BEFORE_GAP_MS = 5_000;
/** When live video can't be played, it is looked at this often whether there is another. */
const LOOK_MS = 4_000;
/** A list that could not be played is tried again after so long, and then less and less often. */
const RETRY_MS = 8_000;
const LAST_RETRY_MS = 120_000;

const root = document.getElementById("player");
if (root) startPlayer(root);

function startPlayer(root) {
  const video = root.querySelector("video");
  const picture = root.querySelector("[data-still-picture]");
  const data = root.dataset;
  const lists = createLists(data);
  const isToday = data.today !== undefined;
  const beginMs = data.at === undefined ? undefined : Number(data.at);
  const message = createMessage(root.querySelector("[data-message]"));

  let stream;
  let list;
  let mode = "live";
  let rate = 1;
  let turn = 0;
  let renewTimer;
  /** How often each list of live video failed, and when it may be tried again. */
  const failures = new Map();

  const moments = createMoments(data);
  const scrub = createScrub(root, { still: data.still, onSeek: visit });
  const player = {
    video,
    scrub,
    isLive: () => mode === "live",
    playingMs: () => stream?.playingMs(),
    edgeMs: () => stream?.edgeMs(),
    isPaused: () => (stream?.play ? stream.paused : video.paused),
    list: () => list,
    toggle,
    skip,
    stepPicture,
    stepGap,
    setRate,
    goLive: visitLive,
    visit,
  };

  function load(next, atMs) {
    clearTimeout(renewTimer);
    stream?.close();
    list = next;
    const isPlayable = canPlay(video, next.codecs);
    video.hidden = !isPlayable;
    picture.hidden = isPlayable;
    const options = {
      atMs,
      onLanded: (landedMs) => sayLanding(atMs, landedMs),
      onTrouble: (words) => message.trouble(words),
      onUnplayable: () => loadStills(next, atMs),
      onWell: () => message.well(),
    };
    if (!isPlayable) {
      loadStills(next, atMs);
      return;
    }
    stream = createStream(video, next.url, options);
    video.playbackRate = rate;
    void video.play().catch(() => undefined);
  }

  function loadStills(next, atMs) {
    stream?.close();
    stream = undefined;
    video.hidden = true;
    if (mode === "live") {
      const count = failures.get(next.url)?.count ?? 0;
      const waitMs = Math.min(LAST_RETRY_MS, RETRY_MS * 2 ** count);
      failures.set(next.url, { count: count + 1, againMs: performance.now() + waitMs });
      waitForVideo();
    }
    const what = next.codecName === "" ? "this footage" : next.codecName;
    const words = `This browser can't play ${what}.`;
    const files = mode === "live" || !data.films ? [] : data.films.split(" ");
    const ways = { link: next.url, files };
    if (data.still === "") {
      message.say(`${words} Open it in VLC:`, ways);
      return;
    }
    picture.hidden = false;
    message.say(`${words} Still pictures go on here; for video open it in VLC:`, ways);
    stream = createStills(picture, data.still, {
      atMs,
      onTrouble: (trouble) => message.trouble(trouble),
      onWell: () => message.well(),
    });
    stream.setRate(rate);
  }

  /** The camera's video may be another one by now, which can be played, or be so later. */
  function waitForVideo(waitMs = 500) {
    const mine = turn;
    clearTimeout(renewTimer);
    renewTimer = setTimeout(async () => {
      const next = document.hidden ? undefined : await lists.newest();
      if (mine !== turn) return;
      const mayTry = next && performance.now() >= (failures.get(next.url)?.againMs ?? 0);
      if (mayTry && canPlay(video, next.codecs)) {
        message.say("");
        load(next);
      } else waitForVideo(LOOK_MS);
    }, waitMs);
  }

  function sayLanding(askedMs, landedMs) {
    if (askedMs === undefined || Math.abs(landedMs - askedMs) < 2_000) return;
    const why = gapAt(scrub.bar(), askedMs) ?? `nothing is kept of ${timeWords(askedMs, data.zone)}`;
    message.say(`No footage: ${why}. Playing from ${timeWords(landedMs, data.zone)}.`, { lastsMs: 10_000 });
  }

  function goLive() {
    if (data.live === "") return;
    turn += 1;
    scrub.forgetKeys();
    mode = "live";
    message.say("");
    load(lists.live);
  }

  async function goTo(atMs) {
    if (isToday && atMs > Date.now() - 2_000) {
      goLive();
      return;
    }
    if (!scrub.covers(atMs)) {
      location.assign(`${data.channel}?at=${Math.floor(atMs / 1000)}`);
      return;
    }
    message.say("");
    turn += 1;
    const mine = turn;
    const wanted = await lists.of(atMs);
    if (mine !== turn) return;
    const isSame = wanted.url === list?.url || (mode === "live" && wanted.codecs === list?.codecs);
    const landedMs = isSame ? stream?.seekTo(atMs) : undefined;
    mode = "day";
    if (landedMs === undefined) load(wanted, atMs);
    else sayLanding(atMs, landedMs);
  }

  function visit(atMs) {
    moments.push(atMs);
    void goTo(atMs);
  }

  function visitLive() {
    if (data.live === "") return;
    if (!isToday) {
      location.assign(data.channel);
      return;
    }
    moments.push(undefined);
    goLive();
  }

  function skip(seconds) {
    const now = stream?.playingMs();
    if (now === undefined) return;
    const wanted = now + seconds * 1000;
    if (isToday && seconds > 0 && wanted >= (stream.edgeMs() ?? Number.POSITIVE_INFINITY)) {
      if (mode !== "live") visitLive();
    } else void goTo(wanted);
  }

  function toggle() {
    if (stream?.play) {
      if (stream.paused) stream.play();
      else stream.pause();
    } else if (video.paused) void video.play().catch(() => undefined);
    else video.pause();
  }

  function stepPicture(direction) {
    if (stream?.play) {
      stream.pause();
      stream.seekTo(stream.playingMs() + direction * 1000);
      return;
    }
    video.pause();
    video.currentTime += direction / Number(data.frameRate);
  }

  function stepGap(direction) {
    const now = stream?.playingMs() ?? beginMs ?? Date.now();
    const starts = scrub.gapStarts().map((ms) => ms - BEFORE_GAP_MS);
    const wanted =
      direction > 0
        ? starts.find((ms) => ms > now + 1_000)
        : starts.findLast((ms) => ms < now - 2 * BEFORE_GAP_MS);
    if (wanted === undefined)
      message.say(direction > 0 ? "No gap after this." : "No gap before this.", { lastsMs: 3_000 });
    else visit(wanted);
  }

  function setRate(wanted) {
    rate = wanted;
    stream?.setRate?.(wanted);
    try {
      video.playbackRate = wanted;
    } catch {
      message.say(`This browser can't play ${wanted} times as fast.`, { lastsMs: 5_000 });
    }
  }

  async function ended() {
    const ending = list;
    lists.renew();
    const next = await lists.after(ending);
    if (ending !== list) return;
    if (next) load(next, next.startMs);
    else if (isToday) renewTimer = setTimeout(goLive, 2_000);
    else
      message.say(
        "This is the end of the day.",
        data.after ? { page: data.after, pageWords: "On to the next one" } : {},
      );
  }

  video.addEventListener("ended", () => void ended());
  moments.onBack((atMs) => {
    if (atMs !== undefined) void goTo(atMs);
    else if (isToday && data.live !== "") goLive();
    else if (beginMs !== undefined) void goTo(beginMs);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("#now a[href]") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = new URL(link.href).searchParams.get("at");
    if (at === null) return;
    event.preventDefault();
    visit(Number(at) * 1000);
    root.scrollIntoView({ block: "nearest" });
  });

  createControls(root, player, moments, data);
  if (beginMs === undefined) goLive();
  else void goTo(beginMs);
}

/**
 * The words over the picture. What says that something is wrong goes when all is well again; what was said before
 * comes back then.
 */
function createMessage(box) {
  let timer;
  let said = ["", {}];
  let isTrouble = false;

  function show(words, { link, files = [], page, pageWords } = {}) {
    box.textContent = words;
    const address = link === undefined ? page : `${link}${link.includes("?") ? "&" : "?"}download=1`;
    if (address !== undefined) {
      const anchor = document.createElement("a");
      anchor.href = address;
      anchor.textContent = pageWords ?? new URL(link, location.href).href;
      box.append(" ", anchor);
    }
    for (const [index, file] of files.entries()) {
      const anchor = document.createElement("a");
      anchor.href = `${file}?download=1`;
      anchor.textContent = file.slice(file.lastIndexOf("/") + 1);
      box.append(index === 0 ? ", or download it: " : ", ", anchor);
    }
    box.hidden = words === "";
  }

  function say(words, options = {}) {
    clearTimeout(timer);
    isTrouble = false;
    said = [words, options];
    show(words, options);
    if (options.lastsMs) timer = setTimeout(() => say(""), options.lastsMs);
  }

  return {
    say,
    trouble(words) {
      isTrouble = true;
      show(words);
    },
    well() {
      if (!isTrouble) return;
      isTrouble = false;
      show(...said);
    },
  };
}
