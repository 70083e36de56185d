import { type Command, commands, globalOptions, type Option } from "./commands.ts";
import { optionText, usageOf } from "./help.ts";

const optionEntry = (option: Option): string => `- \`${optionText(option)}\`: ${option.description}`;

function commandSection(command: Command): string {
  const entries = [
    ...command.arguments.map(({ name, description }) => `- \`${name}\`: ${description}`),
    ...command.options.map(optionEntry),
    ...(command.readsNoConfig ? ["- It takes no `--config`."] : []),
  ];
  return [
    `### ${command.name}`,
    "",
    "```sh",
    usageOf(command),
    "```",
    "",
    `${command.summary}. ${command.description}`,
    "",
    ...(entries.length === 0 ? [] : [...entries, ""]),
  ].join("\n");
}

/** The part of docs/commands.md that is made from the table of commands, as Markdown. */
export function commandReference(): string {
  const common = ["### Options of every command", "", ...globalOptions.map(optionEntry), ""].join("\n");
  return [common, ...commands.map(commandSection)].join("\n");
}
