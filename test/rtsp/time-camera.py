"""An RTSP camera whose pictures say when they were taken: for measuring how far behind a player is.

Usage: time-camera.py CONFIG, a JSON object:
  port      TCP port on 127.0.0.1; 0 for a free one
  gop       pictures from one key picture to the next
  rate      pictures a second
  width, height    of the picture; the width is a multiple of 640
  codec     "h264" or "h265"
  sound     a tone as "aac", as "alaw", or "none"
  isSteady  whether pictures are told to be a 25th of a second apart, however late each was taken

The time of day in milliseconds stands in the topmost 64 lines as 40 bits, the highest first: rows of squares of 32
pixels, two rows at a width of 640, white for 1. Below it something moves. Prints {"port": N} when ready; ends when standard input
ends.
"""

import json
import math
import struct
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

SQUARE, BITS = 32, 40
RATE = 48_000
WHITE, BLACK = bytes([235]) * SQUARE, bytes([16]) * SQUARE


def picture(now_ms, number, width, height):
    per_row = width // SQUARE
    bits = [(now_ms >> (BITS - 1 - at)) & 1 for at in range(BITS)]
    bits += [0] * (2 * per_row - BITS)
    rows = [bits[:per_row], bits[per_row:]]
    top = b"".join(b"".join(WHITE if bit else BLACK for bit in row) * SQUARE for row in rows)
    noise = bytes((x * 7 + number * 5) % 200 + 20 for x in range(width))
    rest = noise * (height - 2 * SQUARE)
    return top + rest + bytes([128]) * (width * height // 2)


def tone(rate, number):
    """The sound of one picture's time: 500 Hz, whose waves fit into it."""
    count = RATE // rate
    samples = (int(2000 * math.sin(2 * math.pi * 500 * (number * count + at) / RATE)) for at in range(count))
    return b"".join(struct.pack("<hh", sample, sample) for sample in samples)


def feed(source, speaker, clock_of, rate, size, is_steady, ended):
    number = 0
    sound = tone(rate, 0)
    while clock_of() is None:
        if ended.wait(0.005):
            return
    started = time.monotonic()
    first_ns = clock_of()
    while not ended.wait(max(0.0, started + number / rate - time.monotonic())):
        buffer = Gst.Buffer.new_wrapped(picture(time.time_ns() // 1_000_000, number, *size))
        # Else the time of the pipeline, as a live source has it.
        now_ns = clock_of()
        if now_ns is None:
            return
        buffer.pts = buffer.dts = first_ns + number * Gst.SECOND // rate if is_steady else now_ns
        heard = Gst.Buffer.new_wrapped(sound)
        heard.pts = heard.dts = first_ns + number * Gst.SECOND // rate
        number += 1
        if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
            return
        if speaker is not None:
            speaker.emit("push-buffer", heard)


def main():
    options = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.get("port", 0)))
    rate = options.get("rate", 25)
    size = options.get("width", 640), options.get("height", 360)
    caps = f"video/x-raw,format=I420,width={size[0]},height={size[1]},framerate={rate}/1"
    number = options.get("codec", "h264")[1:]
    # Slices on several threads would wait for one another; the H.265 encoder has no such settings.
    threads = "sliced-threads=false threads=1 " if number == "264" else ""
    settings = f"tune=zerolatency {threads}speed-preset=ultrafast key-int-max={options.get('gop', rate)} bitrate=2000"
    encoder = f"x{number}enc {settings} ! h{number}parse ! rtph{number}pay name=pay0 pt=96 config-interval=-1"
    pcm = f"audio/x-raw,format=S16LE,rate={RATE},channels=2,layout=interleaved"
    speaker = f"appsrc name=speaker is-live=true format=time caps={pcm} ! audioconvert ! audioresample"
    sound = {
        "aac": f"{speaker} ! avenc_aac ! aacparse ! rtpmp4gpay name=pay1 pt=97",
        "alaw": f"{speaker} ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8",
        "none": "",
    }[options.get("sound", "aac")]
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( appsrc name=src is-live=true format=time caps={caps} ! {encoder} {sound} )")
    factory.set_shared(True)
    factory.set_latency(0)

    def configure(_factory, media):
        ended = threading.Event()
        media.connect("unprepared", lambda _media: ended.set())
        element = media.get_element()

        def running_ns():
            if element.get_clock() is None or element.get_state(0)[1] < Gst.State.PAUSED:
                return None
            running = element.get_current_running_time()
            return 0 if running == Gst.CLOCK_TIME_NONE else running

        args = (element.get_by_name("src"), element.get_by_name("speaker"), running_ns, rate, size, options.get("isSteady", False), ended)
        threading.Thread(target=feed, args=args, daemon=True).start()

    factory.connect("media-configure", configure)
    server.get_mount_points().add_factory("/time", factory)
    if server.attach(None) == 0:
        sys.exit("time-camera: the port can't be listened on")
    loop = GLib.MainLoop()

    def until_end():
        sys.stdin.read()
        loop.quit()

    threading.Thread(target=until_end, daemon=True).start()
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    loop.run()


main()
