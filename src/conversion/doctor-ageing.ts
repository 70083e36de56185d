import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import { diskFiles } from "../platform/files.ts";
import { durationWords } from "../status/words.ts";
import type { DoctorCheck } from "../status/doctor-check.ts";
import { EncoderChoice } from "./encoders.ts";
import { figuresText, outlookOf } from "./outlook.ts";
import { Trials, TRIALS_FILE } from "./trial.ts";

const NAME = "ageing";

/** Whether old days can be made smaller, and what that takes; nothing where no channel asks for it. */
export async function ageingChecks(config: Config): Promise<DoctorCheck[]> {
  const asking = [...config.channels.values()].filter(({ convert }) => convert);
  if (asking.length === 0) return [];
  const checks: DoctorCheck[] = [];
  const choice = new EncoderChoice();
  const encoders = new Set<string>();
  for (const { id, convert } of asking) {
    if (!convert) continue;
    try {
      encoders.add((await choice.for(convert)).name);
    } catch (error) {
      const details = error instanceof NightjarError ? error.details : [];
      const found = `${id}: ${errorText(error)}`;
      checks.push({ name: NAME, state: "fail", found, ...(details[0] ? { advice: details[0] } : {}) });
    }
  }
  const trials = await new Trials(diskFiles(), join(config.dataFolder, TRIALS_FILE)).load();
  const { channels, dailyMs, windowMs, refusal } = outlookOf(config, trials);
  for (const outlook of channels) {
    const found = `${outlook.channel}: ${figuresText(outlook)}`;
    checks.push({ name: NAME, state: outlook.obstacle === undefined ? "ok" : "warn", found });
  }
  if (refusal !== undefined) checks.push({ name: NAME, state: "fail", found: refusal });
  else if (dailyMs > 0)
    checks.push({
      name: NAME,
      state: "ok",
      found: `each day adds ${durationWords(dailyMs)} of work; there are ${durationWords(windowMs)} for it (${[...encoders].join(", ")})`,
    });
  return checks;
}
