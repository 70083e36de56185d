import type { Config } from "../../config/config.ts";
import type { ConfigEditor } from "../../config/config-editor.ts";

/** The earlier tool made days smaller that were complete for two days. */
const AFTER = "48h";

/**
 * Lets channels go on as the tool of date folders had it: their days are made smaller. One that says itself what is to be done
 * keeps that.
 * @throws NightjarError `conflict` when the file can't be changed from here
 */
export async function convertDates(
  ids: readonly string[],
  {
    config,
    editor,
    isDryRun,
    stdout,
  }: {
    config: Config;
    editor: Pick<ConfigEditor, "apply" | "file">;
    isDryRun: boolean;
    stdout: (line: string) => void;
  },
): Promise<void> {
  for (const id of ids) {
    const channel = config.channels.get(id);
    if (!channel || channel.convert) continue;
    if (!isDryRun) {
      const outcome = await editor.apply({ kind: "change", id, keys: { convert: { after: AFTER } } });
      if ("unwritable" in outcome) {
        stdout(`  left   convert: ${editor.file} can't be written (${outcome.unwritable})`);
        continue;
      }
    }
    stdout(
      `  took   convert: { after: ${AFTER} } for ${id}: its new days are made smaller, as they were before`,
    );
  }
}
