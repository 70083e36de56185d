import {
  type Command,
  type CommandName,
  commandNamed,
  commands,
  globalOptions,
  optionsOf,
  type Option,
} from "./commands.ts";

const WIDTH = 100;

/** `nightjar ls [CHANNEL] [DATE] [--json]`. */
export function usageOf(command: Command): string {
  const places = command.arguments.map(({ name, isOptional, isRepeated }) => {
    const place = isRepeated ? `${name}…` : name;
    return isOptional ? `[${place}]` : place;
  });
  return [
    "nightjar",
    command.name,
    ...places,
    ...command.options.map((option) => `[${optionText(option)}]`),
  ].join(" ");
}

/** `--from TIME`. */
export const optionText = ({ flag, value }: Option): string =>
  value === undefined ? flag : `${flag} ${value}`;

function wrapped(text: string, indent: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= WIDTH - indent) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}

function listed(rows: readonly (readonly [name: string, text: string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length)) + 4;
  return rows.map(([name, text]) => `  ${name.padEnd(width - 2)}${wrapped(text, width)}`);
}

const optionRows = (options: readonly Option[]): string[] =>
  listed(options.map((option) => [optionText(option), option.description]));

/** The help of the whole program. */
export function globalHelp(): string {
  return [
    "Nightjar records cameras, keeps the footage safe, and plays it back.",
    "",
    "Usage: nightjar [COMMAND] [OPTIONS]",
    "",
    "Commands:",
    ...listed(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Options:",
    ...optionRows(globalOptions),
    "",
    "nightjar COMMAND --help says more about one command.",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(name: CommandName): string {
  const command = commandNamed(name);
  const places = command.arguments.map((argument): [string, string] => [argument.name, argument.description]);
  return [
    `Usage: ${usageOf(command)}`,
    "",
    wrapped(command.description, 0),
    "",
    ...(places.length === 0 ? [] : ["Arguments:", ...listed(places), ""]),
    "Options:",
    ...optionRows(optionsOf(command)),
  ].join("\n");
}
