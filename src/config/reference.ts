import { variableName } from "./environment.ts";
import { ANY_CHANNEL, type ConfigKey, configKeys } from "./keys.ts";

const withChannel = (path: readonly string[], channel: string): string[] =>
  path.map((part) => (part === ANY_CHANNEL ? channel : part));

function entry({ path, isValue, isInList, wanted, description }: ConfigKey): string {
  const name = `- \`${withChannel(path, "<channel>").join(".")}\`: ${description}`;
  if (!isValue) return name;
  if (isInList) return `${name}\n  Takes ${wanted}.`;
  return `${name}\n  Takes ${wanted}. Variable: \`${variableName(withChannel(path, "<CHANNEL>"))}\`.`;
}

function section(title: string, keys: readonly ConfigKey[]): string {
  return [`### ${title}`, "", ...keys.map(entry), ""].join("\n");
}

/** The part of docs/configuration.md that is made from the schema, as Markdown. */
export function configurationReference(): string {
  const top = configKeys.filter(({ path }) => path.length === 1);
  const groups = top.filter(({ path: [name] }) =>
    configKeys.some(({ path }) => path.length > 1 && path[0] === name),
  );
  return [
    section(
      "At the top",
      top.filter(({ isValue }) => isValue),
    ),
    ...groups.map(({ path: [name = ""] }) =>
      section(
        `Below \`${name}\``,
        configKeys.filter(({ path }) => path[0] === name),
      ),
    ),
  ].join("\n");
}
