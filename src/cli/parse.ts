import { parseArgs } from "node:util";
import { nearest } from "../platform/nearest.ts";
import {
  type Command,
  type CommandName,
  commandNamed,
  commands,
  DEFAULT_COMMAND,
  globalOptions,
  optionsOf,
} from "./commands.ts";
import { commandHelp, globalHelp, usageOf } from "./help.ts";

/** Exit code of a command line that can't be understood. */
export const USAGE_EXIT_CODE = 2;

/** What a command line asks for. */
export type CommandLine =
  | {
      kind: "run";
      command: CommandName;
      /** The file of `--config`. */
      config?: string;
      /** Arguments without a flag, as many as the command takes. */
      arguments: string[];
      /** Options by their name without dashes; a switch that is given is `true`. */
      options: Readonly<Record<string, string | true>>;
    }
  /** Help, to be printed before ending with 0. */
  | { kind: "help"; text: string }
  | { kind: "version" }
  /** To be printed on standard error before ending with `USAGE_EXIT_CODE`. */
  | { kind: "mistake"; text: string };

const mistake = (text: string, hint = "nightjar --help lists the commands"): CommandLine => ({
  kind: "mistake",
  text: `nightjar: ${text}\n${hint}`,
});

const firstWords = [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))];

/** Takes the command's words off the front: two of them, or one. */
function commandOf(
  words: readonly string[],
): { command: CommandName; rest: readonly string[] } | CommandLine {
  const [first, second] = words;
  if (first === undefined) return { command: DEFAULT_COMMAND, rest: [] };
  const found =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first);
  if (found !== undefined) return { command: found.name, rest: words.slice(found.name.split(" ").length) };
  if (firstWords.includes(first)) {
    const names = commands.map(({ name }) => name).filter((name) => name.startsWith(`${first} `));
    const given = second === undefined ? "no second word" : JSON.stringify(second);
    return mistake(`found ${given} after ${first}; wanted ${names.join(" or ")}`);
  }
  const near =
    nearest(
      first,
      commands.map(({ name }) => name),
    ) ?? nearest(first, firstWords);
  const meant = near === undefined ? "" : `; did you mean ${near}?`;
  return mistake(`there is no command ${JSON.stringify(first)}${meant}`);
}

type Tokens = { words: string[]; flags: { flag: string; value: string | undefined }[] };

/** Flags that take a value, of any command: needed before the command is known, to tell values from words. */
const valueFlags = new Set(
  [...globalOptions, ...commands.flatMap((command): Command["options"] => command.options)]
    .filter(({ value }) => value !== undefined)
    .map(({ flag }) => flag),
);

/** Flags that take none for a command, whatever they do for others. */
const switchesOf = (command: Command): Set<string> =>
  new Set(command.options.filter(({ value }) => value === undefined).map(({ flag }) => flag));

function tokensOf(argv: readonly string[], switches: ReadonlySet<string> = new Set()): Tokens {
  const options = Object.fromEntries(
    [...valueFlags]
      .filter((flag) => !switches.has(flag))
      .map((flag) => [flag.slice(2), { type: "string" as const }]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words: string[] = [];
  const flags: Tokens["flags"] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    else if (token.kind === "option") {
      const isNextFlag = token.inlineValue === false && token.value.startsWith("--");
      flags.push({ flag: token.rawName, value: isNextFlag ? undefined : token.value });
    }
  }
  return { words, flags };
}

/** Understands a command line, without the program's own name. Never throws. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const first = tokensOf(argv);
  const named = commandOf(first.words);
  const { words, flags } = "kind" in named ? first : tokensOf(argv, switchesOf(commandNamed(named.command)));
  const isAsked = (...names: string[]) => flags.some(({ flag }) => names.includes(flag));
  if (isAsked("--version", "-V")) return { kind: "version" };
  const asksHelp = isAsked("--help", "-h");
  if (asksHelp && words.length === 0) return { kind: "help", text: globalHelp() };
  const found = commandOf(words);
  if ("kind" in found) return found;
  if (asksHelp) return { kind: "help", text: commandHelp(found.command) };

  const command = commandNamed(found.command);
  const usage = `Usage: ${usageOf(command)}`;
  const known = optionsOf(command);
  const options: Record<string, string | true> = {};
  for (const { flag, value } of flags) {
    const option = known.find((candidate) => candidate.flag === flag);
    if (option === undefined) {
      const near = nearest(
        flag,
        known.map((candidate) => candidate.flag),
      );
      const meant = near === undefined ? "" : `; did you mean ${near}?`;
      return mistake(`${command.name} has no option ${flag}${meant}`, usage);
    }
    if (option.value === undefined && value !== undefined) return mistake(`${flag} takes no value`, usage);
    if (option.value !== undefined && (value === undefined || value === "")) {
      return mistake(`${flag} wants a ${option.value}`, usage);
    }
    if (flag.slice(2) in options) return mistake(`${flag} was given twice`, usage);
    options[flag.slice(2)] = value ?? true;
  }

  const missing = command.arguments.slice(found.rest.length).find(({ isOptional }) => !isOptional);
  if (missing !== undefined) return mistake(`${command.name} wants a ${missing.name}`, usage);
  const isOpenEnded = command.arguments.at(-1)?.isRepeated === true;
  const extra = isOpenEnded ? undefined : found.rest[command.arguments.length];
  if (extra !== undefined) return mistake(`${command.name} takes no ${JSON.stringify(extra)}`, usage);
  const { config, ...own } = options;
  return {
    kind: "run",
    command: found.command,
    ...(typeof config === "string" ? { config } : {}),
    arguments: [...found.rest],
    options: own,
  };
}
