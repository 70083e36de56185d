import { NightjarError } from "../../platform/errors.ts";
import type { TrackFragment } from "../fmp4/moof.ts";
import type { SampleColumns } from "./sample-columns.ts";

/**
 * Appends the samples of a fragment to those of its track. Throws `unprocessable` when they lie outside of its ranges.
 * @param moofPosition where the `moof` begins in the file, in bytes
 */
export function addFragment(columns: SampleColumns, track: TrackFragment, moofPosition: number): void {
  // Without `tfdt` a fragment begins where the one before it ended.
  columns.endTicks = track.decodeTicks ?? columns.endTicks;
  let range = 0;
  let atBytes = track.ranges[0]?.offsetBytes ?? 0;
  for (const { sizeBytes, durationTicks, compositionOffsetTicks, isKey } of track.samples) {
    for (;;) {
      const place = track.ranges[range];
      if (place === undefined)
        throw new NightjarError("unprocessable", "A fragment of this MP4 has samples without data");
      if (atBytes + sizeBytes <= place.offsetBytes + place.sizeBytes) break;
      range++;
      atBytes = track.ranges[range]?.offsetBytes ?? 0;
    }
    columns.add(moofPosition + atBytes, sizeBytes, durationTicks, compositionOffsetTicks, isKey);
    atBytes += sizeBytes;
  }
}
