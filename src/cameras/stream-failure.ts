import type { RunEnd } from "../media/reasons.ts";
import type { Failure } from "./failure.ts";

/**
 * The words for an end that came before a live stream's first segment was seen.
 * @param where the stream's host, for people
 */
export function streamFailureOf({ reason, detail }: RunEnd, where: string): Failure {
  const why = detail === "" ? "" : ` (${detail})`;
  switch (reason) {
    case "source-auth":
      return {
        kind: "password",
        words: `${where} wants a sign-in, or refused it${why}.`,
        advice:
          "Give user and password, or the header or cookie that its player sends: below “More for live streams”. Links with tokens end after a while.",
      };
    case "source-refused":
      return {
        kind: "no-such-stream",
        words: `${where} refused the address${why}.`,
        advice:
          "Check the path, or copy the address of the playlist anew. A public stream that leads into the local network has to be allowed below “More for live streams”.",
      };
    case "source-offline":
      return {
        kind: "no-answer",
        words: `${where} did not answer${why}.`,
        advice: "Check the address, and whether this machine may reach it.",
      };
    case "source-unsupported":
      return {
        kind: "unsupported",
        words: `What ${where} sends can't be recorded${why}.`,
        advice:
          "Streams in H.264 or H.265 can be, in MPEG-TS or fragmented MP4; encrypted ones with AES-128.",
      };
    case "source-stalled":
      return {
        kind: "no-picture",
        words: `${where} has a playlist, but no segment came from it${why}.`,
        advice: "The stream may be over or paused: open it in a player.",
      };
    default:
      return {
        kind: "broken-off",
        words: `What ${where} sends is no HLS stream${why}.`,
        advice: "The address has to be that of a playlist (.m3u8), not of the page with the player.",
      };
  }
}
