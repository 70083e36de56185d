import type { Socket } from "node:net";
import type { Clip } from "./clip.ts";
import type { Misbehaviour, OddCounts } from "./odd-server.ts";
import { aacPayload, nalPayloads, RtpTrack } from "./rtp.ts";

const base64 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("base64");
const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];
const ALAW_PACKET_BYTES = 160;

/** AudioSpecificConfig of AAC-LC, as hexadecimal digits. */
const aacConfig = (rate: number, channels: number): string =>
  ((2 << 11) | (AAC_RATES.indexOf(rate) << 7) | (channels << 3)).toString(16).padStart(4, "0");

/** One connection's stream: writes the clip's packets when they are due, until the connection ends. */
export class OddSession {
  readonly #video: RtpTrack;
  readonly #sound: RtpTrack;
  #timer: ReturnType<typeof setInterval> | undefined;
  #playedAtMs = 0;
  #playedAtWallMs = 0;
  #nextPicture = 0;
  #firstOfClip = 0;
  #clipStartTicks = 0;
  #nextSoundFrame = 0;
  #nextReportMs = 0;
  #clip: Clip;
  #isCut = false;

  constructor(
    clip: Clip,
    private readonly behaviour: Misbehaviour,
    private readonly counts: OddCounts,
    private readonly socket: Socket,
  ) {
    this.#clip = clip;
    this.#video = new RtpTrack(0, behaviour.announceMjpeg ? 26 : 96, 0x1111);
    this.#sound = new RtpTrack(2, behaviour.sound === "alaw" ? 8 : 97, 0x2222);
    this.#nextPicture = behaviour.firstPicture ?? 0;
    this.#firstOfClip = this.#nextPicture;
  }

  sdp(): string {
    const { codec, parameterSets, aac } = this.#clip;
    const lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=odd", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"];
    if (this.behaviour.announceMjpeg) {
      lines.push("m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000");
    } else if (codec === "h264") {
      const sets = this.behaviour.noParameterSets
        ? ""
        : `;sprop-parameter-sets=${parameterSets.map(base64).join(",")}`;
      lines.push("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", `a=fmtp:96 packetization-mode=1${sets}`);
    } else {
      const [vps, sps, pps] = parameterSets.map(base64);
      lines.push("m=video 0 RTP/AVP 96", "a=rtpmap:96 H265/90000");
      if (!this.behaviour.noParameterSets) {
        lines.push(`a=fmtp:96 sprop-vps=${vps};sprop-sps=${sps};sprop-pps=${pps}`);
      }
    }
    lines.push("a=control:track0");
    if (this.behaviour.sound === "alaw") {
      lines.push("m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=control:track1");
    } else if (this.#soundIsAac() && aac) {
      const config = aacConfig(aac.rate, aac.channels);
      lines.push(
        "m=audio 0 RTP/AVP 97",
        `a=rtpmap:97 mpeg4-generic/${aac.rate}/${aac.channels}`,
        `a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=${config}`,
        "a=control:track1",
      );
    }
    return `${lines.join("\r\n")}\r\n`;
  }

  play(): void {
    this.#playedAtMs = performance.now();
    this.#playedAtWallMs = Date.now();
    this.#timer = setInterval(() => this.#sendDue(), 5);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #soundIsAac(): boolean {
    return this.#clip.aac !== undefined && !["alaw", "none"].includes(this.behaviour.sound ?? "clip");
  }

  #sendDue(): void {
    const { behaviour } = this;
    const elapsedMs = (performance.now() - this.#playedAtMs) * (behaviour.speed ?? 1);
    if (elapsedMs >= (behaviour.closeAfterMs ?? Number.POSITIVE_INFINITY)) return void this.socket.destroy();
    if (elapsedMs >= (behaviour.silentAfterMs ?? Number.POSITIVE_INFINITY)) return;
    if (elapsedMs >= this.#nextReportMs) this.#sendReports(this.#nextReportMs);
    for (let dueMs = this.#pictureDueMs(); dueMs <= elapsedMs && !this.#isCut; dueMs = this.#pictureDueMs()) {
      this.#sendPicture(dueMs);
    }
    if (this.#soundIsAac() || behaviour.sound === "alaw") this.#sendSound(elapsedMs);
  }

  #pictureDueMs(): number {
    return ((this.#nextPicture - this.#firstOfClip) * 1000) / this.#clip.fps + this.#clipStartTicks / 90;
  }

  #jumpMs(atMs: number): number {
    const jump = this.behaviour.timeJump;
    return jump !== undefined && atMs >= jump.afterMs ? jump.byMs : 0;
  }

  #sendReports(atMs: number): void {
    const wallMs = this.#playedAtWallMs + atMs;
    const rate = this.#soundRate();
    this.socket.write(this.#video.senderReport(Math.round((atMs + this.#jumpMs(atMs)) * 90), wallMs));
    if (this.behaviour.sound !== "announced-only") {
      this.socket.write(
        this.#sound.senderReport(Math.round(((atMs + this.#jumpMs(atMs)) * rate) / 1000), wallMs),
      );
    }
    this.#nextReportMs = atMs + 2000;
  }

  #sendPicture(dueMs: number): void {
    const { behaviour, counts } = this;
    const change = behaviour.switchClip;
    if (change && dueMs >= change.afterMs && this.#clip !== change.clip && this.#clipPictureIsKey()) {
      this.#clip = change.clip;
      this.#clipStartTicks = Math.round(dueMs * 90);
      this.#nextPicture = 0;
      this.#firstOfClip = 0;
    }
    const { pictures, fps, codec } = this.#clip;
    const index = this.#nextPicture % pictures.length;
    const picture = pictures[index];
    if (picture === undefined) return;
    const loop = Math.floor(this.#nextPicture / pictures.length);
    const loopTicks = (pictures.length * 90_000) / fps;
    const firstTicks = (this.#firstOfClip * 90_000) / fps;
    const mediaTicks = this.#clipStartTicks + loop * loopTicks + picture.ptsTicks - firstTicks;
    const timestamp = Math.round(mediaTicks + this.#jumpMs(dueMs) * 90);
    const packets = picture.nals.flatMap((nal, at) => {
      const payloads = nalPayloads(codec, nal);
      return payloads.map((payload, part) =>
        this.#video.packet(
          payload,
          timestamp,
          at === picture.nals.length - 1 && part === payloads.length - 1,
        ),
      );
    });
    const bytes = Buffer.concat(packets);
    if (dueMs >= (behaviour.cutInPictureAfterMs ?? Number.POSITIVE_INFINITY)) {
      this.#isCut = true;
      this.socket.write(bytes.subarray(0, bytes.length >> 1), () => this.socket.destroy());
      return;
    }
    this.socket.write(bytes);
    counts.pictures += 1;
    counts.sent.push(index);
    this.#nextPicture += 1;
  }

  #clipPictureIsKey(): boolean {
    return this.#clip.pictures[this.#nextPicture % this.#clip.pictures.length]?.isKey ?? false;
  }

  #soundRate(): number {
    return this.behaviour.sound === "alaw" ? 8000 : (this.#clip.aac?.rate ?? 48_000);
  }

  #sendSound(elapsedMs: number): void {
    const { behaviour } = this;
    const rate = this.#soundRate();
    const isAlaw = behaviour.sound === "alaw";
    const frameTicks = isAlaw ? ALAW_PACKET_BYTES : (this.#clip.aac?.frameTicks ?? 1024);
    const offsetMs = behaviour.soundOffsetMs ?? 0;
    for (;;) {
      const ticks = this.#nextSoundFrame * frameTicks;
      const dueMs = (ticks * 1000) / rate + offsetMs;
      if (dueMs > elapsedMs) return;
      const frame = isAlaw
        ? new Uint8Array(ALAW_PACKET_BYTES).fill(0xd5)
        : this.#clip.aac?.frames[this.#nextSoundFrame % this.#clip.aac.frames.length];
      this.#nextSoundFrame += 1;
      if (behaviour.sound === "announced-only" || frame === undefined) continue;
      if (dueMs < (behaviour.soundFromMs ?? 0)) continue;
      if (dueMs >= (behaviour.soundUntilMs ?? Number.POSITIVE_INFINITY)) continue;
      const timestamp = Math.round(ticks + ((offsetMs + this.#jumpMs(dueMs)) * rate) / 1000);
      this.socket.write(this.#sound.packet(isAlaw ? frame : aacPayload(frame), timestamp, true));
      this.counts.soundFrames += 1;
    }
  }
}
