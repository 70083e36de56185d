import type { AddressGroup } from "../../views/playlists-page.tsx";
import type { PlaylistAddress } from "../../views/address-list.tsx";
import type { Interval } from "../playback/time-parameters.ts";

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** What comes before the paths of addresses that leave a page. */
export type AddressBase = {
  /** `https://cctv.example.org`. */
  origin: string;
  /** A ticket, `/-/t/…`, or nothing. */
  ticket: string;
};

/** Makes addresses for players out of paths. */
const addressMaker =
  ({ origin, ticket }: AddressBase) =>
  (id: string, label: string, path: string): PlaylistAddress => {
    const query = path.includes("?") ? "&" : "?";
    return {
      id,
      label,
      url: `${origin}${ticket}${path}`,
      ...(/\.(m3u8|php)(\?|$)/.test(path) ? { openPath: `${path}${query}download=1` } : {}),
      ...(path.endsWith(".m3u") ? { openPath: path } : {}),
      qrPath: `/-/qr.svg?path=${encodeURIComponent(ticket + path)}`,
    };
  };

/** The address of all channels. */
export function commonAddresses(base: AddressBase): AddressGroup {
  const make = addressMaker(base);
  return {
    id: "all",
    heading: "All channels",
    isOpen: true,
    addresses: [make("all", "M3U of all channels, with catch-up", "/playlist.m3u")],
  };
}

/** Live addresses of channels, one each. */
export function liveAddresses(
  base: AddressBase,
  channels: readonly { id: string; name: string }[],
): AddressGroup {
  const make = addressMaker(base);
  return {
    id: "live",
    heading: "Live (HLS)",
    isOpen: true,
    addresses: channels.map(({ id, name }) => make(`live-${id}`, name, `/${id}/live.m3u8`)),
  };
}

/** What of a channel decides which addresses it has. */
export type AddressedChannel = {
  id: string;
  /** It is captured picture by picture, so that its live list has parts. */
  hasParts: boolean;
  /** Its footage is MPEG-TS as it came: there is no DASH of it, but files of whole intervals. */
  isTs: boolean;
};

/** All addresses of a channel but those of an interval. */
export function channelAddresses(
  base: AddressBase,
  { id: channel, hasParts, isTs }: AddressedChannel,
): AddressGroup[] {
  const make = addressMaker(base);
  const below = `/${channel}`;
  const dash = (...given: Parameters<typeof make>) => (isTs ? [] : [make(...given)]);
  return [
    {
      id: "live",
      heading: "Live",
      isOpen: true,
      addresses: [
        make("live-hls", "Live, HLS", `${below}/live.m3u8`),
        ...(hasParts ? [make("live-parts", "Live, low-latency HLS", `${below}/live.m3u8?parts=1`)] : []),
        ...dash("live-dash", "Live, DASH", `${below}/live.mpd`),
        make("master", "Live with its variants listed, HLS", `${below}/master.m3u8`),
      ],
    },
    {
      id: "today",
      heading: "Today, back to midnight",
      isOpen: true,
      addresses: [
        make("today-hls", "Today, HLS", `${below}/stream/today/playlist.m3u8`),
        ...dash("today-dash", "Today, DASH", `${below}/stream/today/playlist.mpd`),
      ],
    },
    {
      id: "weekdays",
      heading: "Days of the week: the latest before today",
      isOpen: false,
      addresses: WEEKDAYS.flatMap((name, day) => [
        make(`day-${day}-hls`, `${name}, HLS`, `${below}/stream/${day}/playlist.m3u8`),
        ...dash(`day-${day}-dash`, `${name}, DASH`, `${below}/stream/${day}/playlist.mpd`),
      ]),
    },
    {
      id: "dates",
      heading: "Dates, at the addresses of date folders",
      isOpen: !hasParts,
      addresses: [
        make(
          "dates-live",
          "The newest date and what follows, HLS",
          `/playlist.php?live=1&channel=${channel}`,
        ),
        make("dates-newest", "The newest date, HLS", `/playlist.php?channel=${channel}`),
      ],
    },
    {
      id: "still",
      heading: "Picture and lists",
      isOpen: false,
      addresses: [
        make("still", "Newest picture, JPEG", `${below}/frame`),
        make("from-hour", "From an hour ago on, HLS", `${below}/timeshift_rel-3600.m3u8`),
      ],
    },
  ];
}

/** The addresses of an interval; whole seconds. `day` is the local date that it is all of, if it is. */
export function intervalAddresses(
  base: AddressBase,
  { id: channel, isTs }: AddressedChannel,
  { fromMs, toMs }: Interval,
  day: string | undefined,
): PlaylistAddress[] {
  const make = addressMaker(base);
  const dash = (...given: Parameters<typeof make>) => (isTs ? [] : [make(...given)]);
  const from = Math.floor(fromMs / 1000);
  const to = Math.ceil(toMs / 1000);
  const archive = `/${channel}/archive-${from}-${to - from}`;
  const days = day === undefined ? [] : [`/${channel}/stream/${day}/playlist`];
  return [
    ...days.flatMap((path) => [
      make("date-hls", `${day}, HLS`, `${path}.m3u8`),
      ...dash("date-dash", `${day}, DASH`, `${path}.mpd`),
      make(
        "date-php",
        `${day}, at the address of date folders`,
        `/playlist.php?date=${day}&channel=${channel}`,
      ),
    ]),
    make("interval-hls", "The interval, HLS", `${archive}.m3u8`),
    ...dash("interval-dash", "The interval, DASH", `${archive}.mpd`),
    ...(isTs ? [make("interval-ts", "The interval, MPEG-TS as it came", `${archive}.ts`)] : []),
    make("interval-mp4", "The interval, MP4", `${archive}.mp4`),
    make(
      "interval-streamer",
      "The interval, as HLS PVR has it",
      `/streamer/${channel}.m3u8?startTimestamp=${from}&endTimestamp=${to}`,
    ),
  ];
}
