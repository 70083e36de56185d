import { type Command, commands, globalOptions, type Option } from "./commands.ts";
import { optionText, usageOf } from "./help.ts";

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`);

const optionTable = (options: readonly Option[]): string[] => [
  "| option | what it does |",
  "| --- | --- |",
  ...options.map((option) => `| \`${optionText(option)}\` | ${cell(option.description)} |`),
  "",
];

function commandSection(command: Command): string[] {
  const places = command.arguments.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`);
  return [
    `### ${command.name}`,
    "",
    `${command.summary}.`,
    "",
    "```sh",
    usageOf(command),
    "```",
    "",
    command.description,
    "",
    ...(places.length === 0 ? [] : ["| argument | what it is |", "| --- | --- |", ...places, ""]),
    ...(command.options.length === 0 ? [] : optionTable(command.options)),
  ];
}

/** The part of docs/commands.md that is made from the table of commands, as Markdown. */
export function commandReference(): string {
  return [
    "### Options of every command",
    "",
    ...optionTable(globalOptions),
    ...commands.flatMap(commandSection),
  ].join("\n");
}
