import { addToYaml } from "../../config/add-yaml.ts";
import { reservedIdSet } from "../../config/channel-id.ts";
import type { ConfigEditor } from "../../config/config-editor.ts";
import { redactSource } from "../../config/secret-text.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { FoundChannel } from "./found.ts";
import { type FilePlan, planFile } from "./plan.ts";
import { readForeignFile } from "./read-file.ts";

type Say = (line: string) => void;

const keepText = ({ keep }: FoundChannel): string => {
  if (keep.hours !== undefined) return `keeps ${keep.hours} ${keep.hours === 1 ? "hour" : "hours"}`;
  if (keep.days !== undefined) return `keeps today and ${keep.days} days before it`;
  return "keeps until the disk is full";
};

function say(file: string, kind: string, plan: FilePlan, stdout: Say): void {
  stdout(`${file}: ${kind}`);
  for (const setting of plan.settings) stdout(`  took   ${setting}`);
  if (plan.settings.some((setting) => setting.startsWith("streamer."))) {
    stdout("         Times without an offset at /streamer/… and /metadata mean UTC, as in HLS PVR.");
  }
  for (const { id, why, channel } of plan.taken) {
    const notes = [...(why === undefined ? [] : [why]), ...channel.notes]
      .map((note) => ` (${note})`)
      .join("");
    stdout(`  took   ${id}: ${redactSource(channel.source)}, ${keepText(channel)}${notes}`);
  }
  for (const setting of plan.settingsThere) stdout(`  there  ${setting}`);
  for (const { id, channel } of plan.there) stdout(`  there  ${id}: ${redactSource(channel.source)}`);
  for (const { key, why } of plan.left) stdout(`  left   ${key}: ${why}`);
}

const isEmpty = ({ addition }: FilePlan): boolean =>
  addition.channels.length === 0 && Object.keys(addition.settings).length === 0;

export type FilesResult = {
  /** Files that could not be taken; why was said. */
  failed: number;
  /** Channels that were added. */
  channels: number;
  /** Whether keys were added that count from the next start on. */
  needsRestart: boolean;
};

/**
 * Takes files of earlier tools into the configuration, one after the other, each all or not at all. Says what was
 * taken, what was there already and what was left, and why; never a password.
 */
export async function importFiles(
  files: readonly string[],
  context: { editor: ConfigEditor; isDryRun: boolean; stdout: Say; stderr: Say },
): Promise<FilesResult> {
  const { editor, stdout, stderr } = context;
  const reserved = reservedIdSet([]);
  const result: FilesResult = { failed: 0, channels: 0, needsRestart: false };
  // What a dry run would have added by the files before.
  let earlier: ((text: string) => string) | undefined;
  for (const file of files) {
    try {
      const found = await readForeignFile(file);
      const plans: FilePlan[] = [];
      const before = earlier;
      const change = (text: string): string => {
        const now = before === undefined ? text : before(text);
        const plan = planFile(found, now, reserved);
        plans.push(plan);
        return isEmpty(plan) ? now : addToYaml(now, plan.addition);
      };
      await editor.preview(change);
      if (context.isDryRun) earlier = change;
      else if (plans.some((plan) => !isEmpty(plan))) {
        const outcome = await editor.rewrite(change);
        if ("unwritable" in outcome) throw new NightjarError("config", outcome.unwritable);
      }
      const plan = plans.at(-1);
      if (plan === undefined) continue;
      say(file, found.kind, plan, stdout);
      result.channels += plan.taken.length;
      result.needsRestart ||= plan.settings.length > 0;
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      result.failed += 1;
      const place = error.message.startsWith(file) ? error.message : `${file}: ${error.message}`;
      for (const line of [place, ...error.details.map((detail) => `  ${detail}`)]) stderr(line);
    }
  }
  return result;
}
