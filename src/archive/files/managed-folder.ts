import type { Config } from "../../config/config.ts";

/** The watched folder of a channel, by its id or a former one, whose old files are deleted: `manage: true`. */
export function managedFolder({ channels }: Pick<Config, "channels">, id: string): string | undefined {
  const all = [...channels.values()];
  const source = (all.find((channel) => channel.id === id) ?? all.find(({ was }) => was.includes(id)))
    ?.source;
  return source?.kind === "folder" && source.manage ? source.path : undefined;
}
