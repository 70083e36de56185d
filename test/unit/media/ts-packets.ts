/** Of MPEG-TS (ISO 13818-1, 2.4.3.2). */
export const PACKET_BYTES = 188;
export const packetCount = (media: Uint8Array): number => media.length / PACKET_BYTES;
const packetOf = (media: Uint8Array, index: number): Uint8Array =>
  media.subarray(index * PACKET_BYTES, (index + 1) * PACKET_BYTES);
export const pidOf = (packet: Uint8Array): number => (((packet[1] ?? 0) & 0x1f) << 8) | (packet[2] ?? 0);
/** Of ffmpeg's muxer. */
export const VIDEO_PID = 0x100;

/** The packets of a stream, each made into any number of others. */
export const eachPacket = (media: Uint8Array, make: (packet: Uint8Array) => Uint8Array): Uint8Array =>
  Buffer.concat(Array.from({ length: packetCount(media) }, (_, index) => make(packetOf(media, index))));
