import { describe, expect, test } from "bun:test";
import { tsFacts } from "../../../src/media/ts/ts-facts.ts";
import { fileClip } from "./kept-clips.ts";
import { eachPacket, pidOf, VIDEO_PID } from "./ts-packets.ts";

const stereo = { rate: 48_000, channels: 2 };
const plain = await fileClip({ codec: "h264", bFrames: 2, sound: stereo, seconds: 2 }, "ts");

describe("what is passed over in the midst of pictures", () => {
  const expected = tsFacts(plain);
  /** Packets of the pictures that begin nothing and have no adaptation field. */
  const isMiddle = (packet: Uint8Array): boolean =>
    pidOf(packet) === VIDEO_PID && ((packet[1] ?? 0) & 0x40) === 0 && ((packet[3] ?? 0) & 0x30) === 0x10;

  test("is the same where each packet is looked at by itself", () => {
    const marked = eachPacket(plain, (packet) => {
      const bytes = Uint8Array.from(packet);
      // `transport_priority`: such packets are looked at one by one.
      bytes[1] = (bytes[1] ?? 0) | 0x20;
      return bytes;
    });
    expect(tsFacts(marked)).toEqual(expected);
    expect(expected.activityBytes).toBeGreaterThan(0);
    // Stuffing of another kind behind the tables says nothing new.
    const stuffed = eachPacket(plain, (packet) => {
      const bytes = Uint8Array.from(packet);
      if (pidOf(packet) === 0) bytes.fill(0xee, 40);
      return bytes;
    });
    expect(tsFacts(stuffed)).toEqual(expected);
  });

  test("counts what is in a packet, not what its adaptation field takes", () => {
    let shortened = 0;
    const media = eachPacket(plain, (packet) => {
      if (!isMiddle(packet)) return packet;
      // The same bytes in two packets, of which the first one is filled up with 100 bytes.
      shortened += 1;
      const first = packet.slice();
      first.set([(packet[3] ?? 0) | 0x20, 99, 0], 3);
      first.fill(0xff, 6, 104);
      first.set(packet.subarray(4, 88), 104);
      const second = packet.slice();
      second.set([(packet[3] ?? 0) | 0x20, 83, 0], 3);
      second.fill(0xff, 6, 88);
      return Buffer.concat([first, second]);
    });
    expect(shortened).toBeGreaterThan(5);
    expect(tsFacts(media)).toEqual(expected);
  });

  test("leaves out damaged packets, those without anything, and those of nobody", () => {
    const media = eachPacket(plain, (packet) => {
      const damaged = packet.slice();
      damaged[1] = (packet[1] ?? 0) | 0x80;
      const empty = packet.slice();
      empty[3] = ((packet[3] ?? 0) & 0x0f) | 0x20;
      const foreign = packet.slice();
      foreign[1] = 0x1f;
      foreign[2] = 0xfe;
      return isMiddle(packet) ? Buffer.concat([foreign, packet, damaged, empty, foreign]) : packet;
    });
    expect(tsFacts(media)).toEqual(expected);
  });

  test("sees that packets in the midst are scrambled, and leaves them out", () => {
    const media = eachPacket(plain, (packet) => {
      const scrambled = packet.slice();
      scrambled[3] = (packet[3] ?? 0) | 0x80;
      return isMiddle(packet) ? Buffer.concat([packet, scrambled]) : packet;
    });
    expect(tsFacts(media)).toEqual(expected);
  });

  test("parameters are those of before where all of it says the same, and others where it does not", async () => {
    const again = tsFacts(plain, expected.parameters);
    expect(again.parameters).toBe(expected.parameters);
    const other = await fileClip({ codec: "h264", bFrames: 2, sound: { rate: 44_100, channels: 2 } }, "ts");
    expect(tsFacts(other, expected.parameters).parameters).toEqual(tsFacts(other).parameters);
    expect(tsFacts(other).parameters.audioTimescale).toBe(44_100);
    const silent = await fileClip({ codec: "h264", bFrames: 2 }, "ts");
    expect(tsFacts(silent, expected.parameters).parameters).toEqual(tsFacts(silent).parameters);
    expect(tsFacts(silent).parameters.audioCodec).toBeNull();
  });
});
