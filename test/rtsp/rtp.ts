/** Largest RTP payload that is sent in one packet. */
const MAX_PAYLOAD_BYTES = 1400;

/** Splits one NAL unit into RTP payloads: RFC 6184 (FU-A) or RFC 7798 (FU). */
export function nalPayloads(codec: "h264" | "h265", nal: Uint8Array): Uint8Array[] {
  if (nal.length <= MAX_PAYLOAD_BYTES) return [nal];
  const headerBytes = codec === "h264" ? 1 : 2;
  const payloads: Uint8Array[] = [];
  for (let at = headerBytes; at < nal.length; at += MAX_PAYLOAD_BYTES) {
    const part = nal.subarray(at, at + MAX_PAYLOAD_BYTES);
    const start = at === headerBytes ? 0x80 : 0;
    const end = at + MAX_PAYLOAD_BYTES >= nal.length ? 0x40 : 0;
    const first = nal[0] ?? 0;
    const fu =
      codec === "h264"
        ? [(first & 0xe0) | 28, start | end | (first & 31)]
        : [(first & 0x81) | (49 << 1), nal[1] ?? 1, start | end | ((first >> 1) & 63)];
    payloads.push(Uint8Array.from([...fu, ...part]));
  }
  return payloads;
}

/** One AAC frame as mpeg4-generic, AAC-hbr (RFC 3640 3.3.6). */
export const aacPayload = (frame: Uint8Array): Uint8Array =>
  Uint8Array.from([0, 16, (frame.length >> 5) & 0xff, (frame.length << 3) & 0xff, ...frame]);

/** Counts sequence numbers of one track and writes its RTP and RTCP packets into interleaved frames. */
export class RtpTrack {
  #sequence = 1000;
  #packets = 0;
  #octets = 0;

  constructor(
    private readonly channel: number,
    private readonly payloadType: number,
    private readonly ssrc: number,
  ) {}

  packet(payload: Uint8Array, timestamp: number, marker: boolean): Uint8Array {
    const bytes = new Uint8Array(4 + 12 + payload.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x24, this.channel]);
    view.setUint16(2, 12 + payload.length);
    bytes.set([0x80, (marker ? 0x80 : 0) | this.payloadType], 4);
    view.setUint16(6, this.#sequence++ & 0xffff);
    view.setUint32(8, timestamp >>> 0);
    view.setUint32(12, this.ssrc);
    bytes.set(payload, 16);
    this.#packets += 1;
    this.#octets += payload.length;
    return bytes;
  }

  /** A sender report (RFC 3550 6.4.1): this RTP time stamp was at this wall time. */
  senderReport(timestamp: number, wallMs: number): Uint8Array {
    const bytes = new Uint8Array(4 + 28);
    const view = new DataView(bytes.buffer);
    bytes.set([0x24, this.channel + 1, 0, 28, 0x80, 200, 0, 6]);
    view.setUint32(8, this.ssrc);
    view.setUint32(12, Math.floor(wallMs / 1000) + 2_208_988_800);
    view.setUint32(16, Math.floor(((wallMs % 1000) / 1000) * 2 ** 32));
    view.setUint32(20, timestamp >>> 0);
    view.setUint32(24, this.#packets);
    view.setUint32(28, this.#octets);
    return bytes;
  }
}
