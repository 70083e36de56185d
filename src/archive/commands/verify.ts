import { NightjarError } from "../../platform/errors.ts";
import { diskFiles } from "../../platform/files.ts";
import { daySpanMs, isoOf } from "../../platform/zone.ts";
import { sizeText } from "../keep/size-text.ts";
import { verifyFootage, type Damage } from "../inspect/verify.ts";
import { rootsThere, unknownChannel, withIndex, zoneOfChannels, type CommandContext } from "./context.ts";

const SAY_EVERY_MS = 5000;

/** The first instant of a date, or a moment in ISO 8601; a time without an offset is one of `zone`. */
function momentOf(flag: string, text: string, zone: string): number {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return daySpanMs(text, zone).startMs;
    if (/(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
    return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
  } catch {
    throw new NightjarError(
      "bad-request",
      `${flag}: found ${JSON.stringify(text)}; wanted a date such as 2026-11-21 or a time such as 2026-11-21T14:00:00`,
    );
  }
}

function damageLine(damage: Damage, zone: string): string {
  const { channel, startMs, endMs, path, kind, detail } = damage;
  return `${channel}  ${isoOf(startMs, zone)} to ${isoOf(endMs, zone)}  ${kind}: ${detail} (${path})`;
}

/** `nightjar verify [CHANNEL] [--from TIME] [--to TIME]`: ends with 1 when anything is damaged or missing. */
export async function runVerify(context: CommandContext): Promise<number> {
  const { args, config, clock, stdout } = context;
  const [channel] = args.arguments;
  const files = diskFiles();
  return await withIndex(context, async (index, state) => {
    const unknown = channel === undefined ? undefined : unknownChannel({ config, index, state }, channel);
    if (unknown) throw unknown;
    const zoneOf = zoneOfChannels(config, state);
    const zone = channel === undefined ? config.zone : zoneOf(channel);
    const { from, to } = args.options;
    const fromMs = typeof from === "string" ? momentOf("--from", from, zone) : undefined;
    const toMs = typeof to === "string" ? momentOf("--to", to, zone) : undefined;
    if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs)
      throw new NightjarError("bad-request", `--to: found ${JSON.stringify(to)}; wanted a time after --from`);
    if (
      channel !== undefined &&
      !index.totals().some((t) => t.channel.toLowerCase() === channel.toLowerCase())
    )
      throw new NightjarError("not-found", `There is no footage of ${channel}`, {
        details: [
          `Channels with footage: ${index
            .totals()
            .map((total) => total.channel)
            .join(", ")}`,
        ],
      });
    const there = await rootsThere(files, config.storage.path, [...index.roots(), ...(state?.roots() ?? [])]);
    let saidAtMs = clock.monotonicMs();
    const report = await verifyFootage(
      { files, index, roots: { pathOf: (id) => there.get(id) }, clock },
      {
        ...(channel === undefined ? {} : { channel }),
        ...(fromMs === undefined ? {} : { fromMs }),
        ...(toMs === undefined ? {} : { toMs }),
        onDamage: (damage) => stdout(damageLine(damage, zoneOf(damage.channel))),
        onProgress: ({ recordings, sizeBytes }) => {
          if (clock.monotonicMs() - saidAtMs < SAY_EVERY_MS) return;
          saidAtMs = clock.monotonicMs();
          stdout(`… ${recordings} recordings, ${sizeText(sizeBytes)} read`);
        },
      },
    );
    const read = `${report.recordings} recordings, ${report.segments} segments, ${sizeText(report.sizeBytes)} read`;
    stdout(
      report.damage === 0 ? `${read}. All is as it was written.` : `${read}. ${report.damage} faults found.`,
    );
    return report.damage === 0 ? 0 : 1;
  });
}
