import { isoOf } from "../../platform/zone.ts";
import type { HeldReason } from "./retention-plan.ts";
import { sizeText } from "./size-text.ts";

const HOUR_MS = 3_600_000;

export type HeldFacts = {
  held: ReadonlyMap<HeldReason, number>;
  limitsWaitMs: number;
  nowMs: number;
  /** Footage of before this start ends here, as far as there is any. */
  newestBeforeMs: number | undefined;
  freeBytes: number | undefined;
  minFreeBytes: number | undefined;
  isFull: boolean;
};

const CONFIRM = "nightjar storage confirm";

/** What retention leaves although it should go, and what to do about it: one sentence or two for each reason. */
export function heldMessages(facts: HeldFacts): string[] {
  const { held } = facts;
  const messages: string[] = [];
  const size = (reason: HeldReason): string => sizeText(held.get(reason) ?? 0);
  if (facts.limitsWaitMs > 0)
    messages.push(
      `A database was lost, so footage over its limits (${size("database-lost")} now) stays for another ${Math.ceil(
        facts.limitsWaitMs / HOUR_MS,
      )} h. Check the limits of all channels; to let them apply now, run: ${CONFIRM}`,
    );
  if (held.has("clock"))
    messages.push(
      `${size("clock")} of footage is too old by this machine's clock (${isoOf(facts.nowMs)}), which is not to be trusted: ${
        facts.newestBeforeMs === undefined
          ? "it is not synchronised"
          : `the footage before this start ends ${isoOf(facts.newestBeforeMs)}`
      }. It stays. If the clock is right, run: ${CONFIRM}`,
    );
  if (held.has("others"))
    messages.push(
      `The disk has ${sizeText(facts.freeBytes ?? 0)} free; storage.min_free wants ${sizeText(
        facts.minFreeBytes ?? 0,
      )}. Something other than Nightjar fills it, so no more footage is deleted for it than Nightjar writes anew.`,
    );
  if (held.has("locked"))
    messages.push(`${size("locked")} of footage is over its limits or in the way, but locked. It stays.`);
  if (facts.isFull) messages.push("No room is left, and no footage may be deleted to make any.");
  return messages;
}
