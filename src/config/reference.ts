import { variableName } from "./environment.ts";
import { ANY_CHANNEL, type ConfigKey, configKeys } from "./keys.ts";

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`).replaceAll("<", "&lt;");

const displayed = (path: readonly string[]): string =>
  path.map((part) => (part === ANY_CHANNEL ? "<channel>" : part)).join(".");

const variableOf = ({ path }: ConfigKey): string =>
  variableName(path.map((part) => (part === ANY_CHANNEL ? "<CHANNEL>" : part)));

function section(title: string, keys: readonly ConfigKey[]): string[] {
  const rows = keys.map((key) => {
    const takes = key.isValue ? cell(key.wanted) : "";
    return `| \`${displayed(key.path)}\` | ${takes} | ${cell(key.description)} |`;
  });
  return [`### ${title}`, "", "| key | takes | what it does |", "| --- | --- | --- |", ...rows, ""];
}

/** The part of docs/configuration.md that is made from the schema, as Markdown. */
export function configurationReference(): string {
  const groups = configKeys.filter(({ path, isValue }) => path.length === 1 && !isValue);
  const single = configKeys.filter(({ path, isValue }) => path.length === 1 && isValue);
  const variables = configKeys.filter(({ isValue }) => isValue);
  return [
    ...section("At the top", single),
    ...groups.flatMap((group) => [
      ...section(
        `\`${group.path[0] ?? ""}\``,
        configKeys.filter(({ path }) => path[0] === group.path[0]),
      ),
    ]),
    "### Environment variables",
    "",
    "| variable | key |",
    "| --- | --- |",
    ...variables.map((key) => `| \`${variableOf(key)}\` | \`${displayed(key.path)}\` |`),
    "",
  ].join("\n");
}
