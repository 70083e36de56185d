/** Where cameras of a maker have their RTSP streams, as their manuals say. */
export type Maker = {
  name: string;
  /** Path of the main stream. */
  main: string;
  /** Path of the smaller stream. */
  sub?: string;
  /** What has to be done in the camera first. */
  note?: string;
};

export const makers: readonly Maker[] = [
  {
    name: "Amcrest, Dahua, Lorex",
    main: "/cam/realmonitor?channel=1&subtype=0",
    sub: "/cam/realmonitor?channel=1&subtype=1",
  },
  { name: "Axis", main: "/axis-media/media.amp" },
  { name: "Foscam", main: "/videoMain", sub: "/videoSub" },
  { name: "Hikvision, Annke, HiLook", main: "/Streaming/Channels/101", sub: "/Streaming/Channels/102" },
  { name: "Hanwha, Samsung", main: "/profile2/media.smp", sub: "/profile3/media.smp" },
  {
    name: "Reolink",
    main: "/h264Preview_01_main",
    sub: "/h264Preview_01_sub",
    note: "switch RTSP on under Network, Advanced, Port settings",
  },
  {
    name: "TP-Link Tapo, Vigi",
    main: "/stream1",
    sub: "/stream2",
    note: "make a camera account in the app first",
  },
  { name: "Uniview", main: "/media/video1", sub: "/media/video2" },
  {
    name: "Unifi Protect",
    main: "/…",
    note: "switch RTSP on for the camera and copy the address from there",
  },
  { name: "Wyze with RTSP firmware", main: "/live" },
];

/** Paths to be tried, in this order, for a camera of which only the host is known. */
export const commonPaths: readonly string[] = [
  "/",
  "/stream1",
  "/Streaming/Channels/101",
  "/cam/realmonitor?channel=1&subtype=0",
  "/h264Preview_01_main",
  "/media/video1",
  "/live",
];
