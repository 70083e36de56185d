/** An option of a command, or of all. */
export type Option = {
  /** With its dashes: `--json`. */
  flag: string;
  /** What it takes, in capitals; a switch takes nothing. */
  value?: string;
  /** One sentence. */
  description: string;
};

/** An argument without a flag. */
export type Argument = {
  name: string;
  isOptional: boolean;
  /** Any number of them may follow; only the last argument of a command is so. */
  isRepeated?: boolean;
  description: string;
};

/** A command: one or two words after `nightjar`. What it does stands elsewhere. */
export type Command = {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  arguments: readonly Argument[];
  options: readonly Option[];
  /** Sentences below the usage. */
  description: string;
  /** It reads no configuration, so `--config` is not for it. */
  readsNoConfig?: true;
};

/** What every command takes, but for `--config` of those that read none. */
export const globalOptions: readonly Option[] = [
  {
    flag: "--config",
    value: "FILE",
    description:
      "The configuration, by default nightjar.yaml in the working folder, then /etc/nightjar/nightjar.yaml.",
  },
  { flag: "--help", description: "Shows the help of a command, or of all." },
  { flag: "--version", description: "Shows the version." },
];

const channelArgument = (isOptional: boolean): Argument => ({
  name: "CHANNEL",
  isOptional,
  description: isOptional ? "One channel by its id; all by default." : "The channel's id.",
});

const userArgument: Argument = {
  name: "NAME",
  isOptional: false,
  description: "The name to sign in with; case makes no difference.",
};

const passwordDescription =
  "Asks for the password, unseen; without a terminal, reads it from the first line of standard input. May run beside the server.";

/** The commands, from which the parser, `--help` and docs/commands.md are made. The first is the default. */
export const commands = [
  {
    name: "serve",
    summary: "Record and serve; the default command",
    arguments: [],
    options: [],
    description:
      "Records the configured channels and answers HTTP until it is stopped. SIGTERM and SIGINT stop it and lose nothing; SIGHUP takes up a changed configuration.",
  },
  {
    name: "demo",
    summary: "Record two synthetic cameras into ./nightjar-demo",
    arguments: [],
    options: [
      {
        flag: "--data",
        value: "FOLDER",
        description: "Where the demo keeps everything, by default ./nightjar-demo.",
      },
      { flag: "--listen", value: "ADDRESS", description: "A loopback address, by default 127.0.0.1:6478." },
    ],
    description:
      "Shows Nightjar without a camera: two synthetic ones are recorded the ordinary way, on loopback, without accounts. A second start takes up the same archive. No configuration is read.",
    readsNoConfig: true,
  },
  {
    name: "check",
    summary: "Check the configuration and show what it means",
    arguments: [],
    options: [],
    description:
      "Lists every mistake with its file, line and key, what was found and what is wanted; without any, shows the configuration with its defaults. Passwords are not shown.",
  },
  {
    name: "doctor",
    summary: "Check this machine: ffmpeg, processor, disk, clock, ports",
    arguments: [],
    options: [{ flag: "--json", description: "Writes JSON." }],
    description:
      "Says of each thing whether it is fine, and what to do if not. Writes a small file into the storage folder for a second, to measure it.",
  },
  {
    name: "ls",
    summary: "List channels, days, spans, gaps and sizes",
    arguments: [
      channelArgument(true),
      { name: "DATE", isOptional: true, description: "One day, as YYYY-MM-DD; all by default." },
    ],
    options: [{ flag: "--json", description: "Writes JSON." }],
    description: "May run beside the server; what is being written is listed as far as it is whole.",
  },
  {
    name: "reindex",
    summary: "Make the index again from the footage on disk",
    arguments: [],
    options: [],
    description:
      "Reads the journals and lock files of every known storage folder. The server must be stopped. Nothing is deleted.",
  },
  {
    name: "verify",
    summary: "Read footage and compare it with its checksums",
    arguments: [channelArgument(true)],
    options: [
      { flag: "--from", value: "TIME", description: "Leaves out what is older; a date or an ISO 8601 time." },
      { flag: "--to", value: "TIME", description: "Leaves out what is newer; a date or an ISO 8601 time." },
    ],
    description: "Names each damaged or missing segment with its time. Ends with 1 if there is any.",
  },
  {
    name: "remove",
    summary: "Forget a channel that is no longer configured, or delete the footage of any",
    arguments: [channelArgument(false)],
    options: [
      {
        flag: "--footage",
        description: "Deletes its footage and films, too; of a channel that is still configured these alone.",
      },
      { flag: "--yes", description: "Does it; without this, it only says what would go." },
    ],
    description: "The server must be stopped. Locked footage stays.",
  },
  {
    name: "storage add",
    summary: "Adopt a folder as storage",
    arguments: [{ name: "PATH", isOptional: false, description: "The folder; its disk must be mounted." }],
    options: [],
    description:
      "Makes the folder known as a place for footage, as when a disk was replaced. What is in the folder stays, and is read in. May run beside the server.",
  },
  {
    name: "storage confirm",
    summary: "Let limits of age and size apply again",
    arguments: [],
    options: [],
    description:
      "After a database was lost, or while the clock is in doubt, nothing is deleted by age or size. This says that a person looked: the clock is right, and the limits are meant. May run beside the server.",
  },
  {
    name: "import",
    summary: "Take over from earlier tools: their files, and their footage",
    arguments: [
      {
        name: "FILE",
        isOptional: true,
        isRepeated: true,
        description:
          "channels.json, pvr.ini, config.ini or a list of cameras; each is taken whole or not at all.",
      },
    ],
    options: [
      {
        flag: "--footage",
        value: "DIR",
        description:
          "Adopts the footage below a folder where it lies; not one byte of it is changed. The server must be stopped.",
      },
      {
        flag: "--channel",
        value: "ID",
        description: "The channel that the footage belongs to, where its folder does not say.",
      },
      { flag: "--dry-run", description: "Only says what would be taken and what left." },
    ],
    description:
      "Adds the channels and settings of other tools' files to nightjar.yaml, keeping its comments; makes the file where there is none. What is there already stays as it is, so a second run changes nothing. Says what it took, what it left and why; ends with 1 when a file could not be taken.",
  },
  {
    name: "user add",
    summary: "Add a person who may sign in",
    arguments: [userArgument],
    options: [
      {
        flag: "--role",
        value: "ROLE",
        description: "viewer, operator or admin; by default viewer, and admin for the first person.",
      },
    ],
    description: passwordDescription,
  },
  {
    name: "user passwd",
    summary: "Set somebody's password",
    arguments: [userArgument],
    options: [],
    description: `${passwordDescription} Signs them out everywhere, and ends the addresses that they copied for players.`,
  },
  {
    name: "user rm",
    summary: "Remove a person",
    arguments: [userArgument],
    options: [],
    description: "Signs them out at once. The last admin stays. May run beside the server.",
  },
  {
    name: "user list",
    summary: "List who may sign in, with their roles",
    arguments: [],
    options: [],
    description: "May run beside the server.",
  },
  {
    name: "service install",
    summary: "Run Nightjar as a systemd service",
    arguments: [],
    options: [
      { flag: "--print", description: "Only shows the unit." },
      {
        flag: "--user",
        value: "NAME",
        description: "The user it runs as, by default nightjar; made when missing.",
      },
    ],
    description:
      "Writes /etc/systemd/system/nightjar.service and starts it, now and after each boot. Needs root; without it, says what to run. The service may write only to the folders that the configuration names now: run it again when data, storage.path or the folder of a managed channel has changed.",
  },
] as const satisfies readonly Command[];

export type CommandName = (typeof commands)[number]["name"];

/** The command that runs when none is named. */
export const DEFAULT_COMMAND: CommandName = "serve";

/** All that a command takes. */
export const optionsOf = ({ options, readsNoConfig }: Command): readonly Option[] => [
  ...options,
  ...globalOptions.filter(({ flag }) => !readsNoConfig || flag !== "--config"),
];

/** A command by its name. */
export function commandNamed(name: CommandName): Command {
  return commands.find((command) => command.name === name) ?? commands[0];
}
