"""GStreamer's RTSP server for tests: plays clips in an endless loop, in real time, and counts what it sends.

Usage: gst-server.py CONFIG, a JSON object:
  port      TCP port on 127.0.0.1; 0 for a free one
  user, password   if given, wanted by Digest
  tls       if given, a PEM file with certificate and key: connections are encrypted (rtsps)
  mounts    { name: { clip: MP4 file or null, codec: "h264" | "h265", alaw: file of A-law at 8 kHz or null,
              aac: whether the clip has AAC sound, seconds: length of the loop } };
              without a clip: a live picture with a burnt-in clock, and a tone

The pictures of a mount go on with the time of day, as a camera's do: a client that comes back sees later ones. Sound
in a clip is twice as long as the loop; its second half is played, so that the loop has no seam.
Prints {"port": N} when ready. Reads commands from standard input, one JSON object a line, and answers each by one:
  {"cmd": "counts"}                            pictures and sound packets sent, for each mount
  {"cmd": "loss", "mount": M, "percent": P}    drops that share of the RTP packets of pictures from now on
  {"cmd": "disconnect"}                        closes all connections
Ends when standard input ends.
"""

import json
import random
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtspServer  # noqa: E402,F401

SECOND = Gst.SECOND
ALAW_PACKET_BYTES = 160
ALAW_RATE = 8000
ROLE = "viewer"


class Unit:
    """One coded picture or audio frame; times in nanoseconds from the start of the loop."""

    def __init__(self, data, pts, is_key):
        self.data = data
        self.pts = pts
        self.dts = pts
        self.is_key = is_key


class Track:
    def __init__(self, caps, units):
        self.caps = caps
        self.units = units
        # Decode times are the sorted presentation times, early enough for each picture.
        ordered = sorted(unit.pts for unit in units)
        early = max(dts - unit.pts for dts, unit in zip(ordered, units))
        for dts, unit in zip(ordered, units):
            unit.dts = dts - early


def pull(sink):
    caps, units = None, []
    while True:
        sample = sink.emit("pull-sample")
        if sample is None:
            return caps, units
        caps = caps or sample.get_caps()
        buffer = sample.get_buffer()
        is_key = not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
        # The clip's edit list: what lies before its start, as the sound encoder's own beginning does, has no time.
        pts = sample.get_segment().to_stream_time(Gst.Format.TIME, buffer.pts)
        if pts != Gst.CLOCK_TIME_NONE:
            units.append(Unit(buffer.extract_dup(0, buffer.get_size()), pts, is_key))


def load_clip(path, codec, with_aac):
    parse = {
        "h264": "h264parse ! video/x-h264,stream-format=avc,alignment=au",
        "h265": "h265parse ! video/x-h265,stream-format=hvc1,alignment=au",
    }[codec]
    text = f"filesrc location={path} ! qtdemux name=d d.video_0 ! queue ! {parse} ! appsink name=v sync=false "
    if with_aac:
        text += "d.audio_0 ! queue ! aacparse ! audio/mpeg,stream-format=raw ! appsink name=a sync=false"
    pipeline = Gst.parse_launch(text)
    pipeline.set_state(Gst.State.PLAYING)
    names = ["v", "a"] if with_aac else ["v"]
    tracks = [pull(pipeline.get_by_name(name)) for name in names]
    pipeline.set_state(Gst.State.NULL)
    return tracks


def load_alaw(path):
    with open(path, "rb") as file:
        data = file.read()
    packets = [data[at : at + ALAW_PACKET_BYTES] for at in range(0, len(data), ALAW_PACKET_BYTES)]
    step = ALAW_PACKET_BYTES * SECOND // ALAW_RATE
    caps = Gst.Caps.from_string(f"audio/x-alaw,rate={ALAW_RATE},channels=1")
    return caps, [Unit(packet, index * step, True) for index, packet in enumerate(packets)]


class Mount:
    """What one address plays, and what of it was sent."""

    def __init__(self, options):
        self.codec = options["codec"]
        self.loop_ns = int(options.get("seconds", 0) * SECOND)
        self.clip = options.get("clip")
        self.tracks = []
        self.pictures = 0
        self.sounds = 0
        self.plays = 0
        self.loss = 0.0
        if self.clip is None:
            return
        (caps, units), *sound = load_clip(self.clip, self.codec, options.get("aac", False))
        self.tracks.append(Track(caps, [unit for unit in units if unit.pts < self.loop_ns]))
        for caps, units in sound:
            second = [unit for unit in units if self.loop_ns <= unit.pts < 2 * self.loop_ns]
            for unit in second:
                unit.pts -= self.loop_ns
            self.tracks.append(Track(caps, second))
        if options.get("alaw"):
            self.tracks.append(Track(*load_alaw(options["alaw"])))

    def launch(self):
        if self.clip is None:
            picture = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=25/1"
            clock = 'clockoverlay time-format="%H:%M:%S" font-desc="Sans 32"'
            encoder = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=50 bitrate=600"
            sound = "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse"
            return (
                f"( {picture} ! {clock} ! {encoder} ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 "
                f"{sound} ! rtpmp4gpay name=pay1 pt=97 )"
            )
        source = "appsrc name=src{} is-live=true format=time max-bytes=0"
        number = self.codec[1:]
        text = f"( {source.format(0)} ! rtph{number}pay name=pay0 pt=96 config-interval=-1 "
        if len(self.tracks) > 1:
            is_alaw = self.tracks[1].caps.get_structure(0).get_name() == "audio/x-alaw"
            payloader = "rtppcmapay" if is_alaw else "rtpmp4gpay"
            text += f"{source.format(1)} ! {payloader} name=pay1 pt={8 if is_alaw else 97} "
        return text + ")"

    def configure(self, media):
        """Called once for each media; all clients of the mount share it."""
        self.plays += 1
        element = media.get_element()
        for index in (0, 1):
            payloader = element.get_by_name(f"pay{index}")
            if payloader is None:
                continue
            payloader.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self.count, index)
            if index == 0:
                kinds = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
                payloader.get_static_pad("src").add_probe(kinds, self.lose)
        if self.clip is not None:
            ended = threading.Event()
            media.connect("unprepared", lambda _media: ended.set())
            threading.Thread(target=self.feed, args=(element, ended), daemon=True).start()

    def count(self, _pad, _info, index):
        if index == 0:
            self.pictures += 1
        else:
            self.sounds += 1
        return Gst.PadProbeReturn.OK

    def lose(self, _pad, info):
        if self.loss == 0:
            return Gst.PadProbeReturn.OK
        packets = info.get_buffer_list()
        if packets is None:
            lost = random.random() < self.loss
            return Gst.PadProbeReturn.DROP if lost else Gst.PadProbeReturn.OK
        # A list can't be shortened here: it is lost as a whole, as rarely as it has packets.
        lost = random.random() < self.loss * packets.length()
        return Gst.PadProbeReturn.DROP if lost else Gst.PadProbeReturn.OK

    def feed(self, element, ended):
        """Pushes units in real time, beginning with the key picture that is due by the time of day."""
        sources = [element.get_by_name(f"src{index}") for index in range(len(self.tracks))]
        for source, track in zip(sources, self.tracks):
            source.set_property("caps", track.caps)
        while element.get_clock() is None or element.get_state(0)[1] < Gst.State.PAUSED:
            if ended.wait(0.005):
                return
        now_ns = time.time_ns() % self.loop_ns
        pictures = self.tracks[0].units
        first = max((unit for unit in pictures if unit.is_key and unit.pts <= now_ns), key=lambda unit: unit.pts)
        # Time of the pipeline at which the loop's beginning would lie.
        running_ns = element.get_current_running_time()
        if running_ns == Gst.CLOCK_TIME_NONE:
            running_ns = 0
        offset_ns = running_ns - first.pts + SECOND // 5
        started = time.monotonic_ns()
        queue = self.in_order(first.pts)
        for index, unit, turn_ns in queue:
            due_ns = unit.dts + turn_ns - first.dts
            wait_s = (started + due_ns - time.monotonic_ns()) / SECOND
            if ended.wait(max(wait_s, 0)) or ended.is_set():
                return
            buffer = Gst.Buffer.new_wrapped(unit.data)
            buffer.pts = unit.pts + turn_ns + offset_ns
            buffer.dts = unit.dts + turn_ns + offset_ns
            if not unit.is_key:
                buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
            if sources[index].emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                return

    def in_order(self, from_ns):
        """Units of all tracks by decode time, for ever: (track, unit, time of the loop's turn)."""
        merged = sorted(
            ((index, unit) for index, track in enumerate(self.tracks) for unit in track.units),
            key=lambda entry: entry[1].dts,
        )
        first_dts = next(unit.dts for index, unit in merged if index == 0 and unit.pts == from_ns)
        turn_ns = 0
        while True:
            for index, unit in merged:
                if turn_ns > 0 or unit.dts >= first_dts:
                    yield index, unit, turn_ns
            turn_ns += self.loop_ns


def make_factory(mount, with_auth):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(mount.launch())
    factory.set_shared(True)
    factory.connect("media-configure", lambda _factory, media: mount.configure(media))
    if with_auth:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role(ROLE, "media.factory.access", True)
        permissions.add_permission_for_role(ROLE, "media.factory.construct", True)
        factory.set_permissions(permissions)
    return factory


def make_auth(user, password, tls):
    from gi.repository import Gio, GstRtsp

    auth = GstRtspServer.RTSPAuth()
    if tls is not None:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(tls))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest(user, password, token)
    return auth


def main():
    gi.require_version("GstRtsp", "1.0")
    options = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.get("port", 0)))
    with_auth = options.get("user") is not None
    if with_auth:
        server.set_auth(make_auth(options["user"], options["password"], options.get("tls")))
    mounts = {name: Mount(mount) for name, mount in options["mounts"].items()}
    points = server.get_mount_points()
    for name, mount in mounts.items():
        points.add_factory(f"/{name}", make_factory(mount, with_auth))
    if server.attach(None) == 0:
        sys.exit("gst-server: the port can't be listened on")
    # Sessions of clients that went away without a word are forgotten.
    GLib.timeout_add_seconds(2, lambda: server.get_session_pool().cleanup() >= 0)
    loop = GLib.MainLoop()

    def answer(command):
        if command["cmd"] == "counts":
            return {
                name: {"plays": mount.plays, "pictures": mount.pictures, "sounds": mount.sounds}
                for name, mount in mounts.items()
            }
        if command["cmd"] == "loss":
            mounts[command["mount"]].loss = command["percent"] / 100
            return {}
        if command["cmd"] == "disconnect":
            remove = GstRtspServer.RTSPFilterResult.REMOVE
            server.client_filter(lambda _server, _client: remove)
            return {}
        return {"error": "unknown command"}

    def read_commands():
        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line))), flush=True)
        loop.quit()

    threading.Thread(target=read_commands, daemon=True).start()
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    loop.run()


main()
