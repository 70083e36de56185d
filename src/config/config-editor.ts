import { createHmac, randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { errorText, NightjarError, systemErrorCode } from "../platform/errors.ts";
import { replaceFile } from "../platform/replace-file.ts";
import { idKey } from "./channel-id.ts";
import type { Config } from "./config.ts";
import { type ChannelEdit, editYaml } from "./edit-yaml.ts";
import { withEnvironment } from "./environment.ts";
import { checkConfigText, findConfigFile, type LoadOptions } from "./load.ts";
import { readYaml } from "./yaml-text.ts";

/** The head of a file that is made because there was none. */
const HEAD = `# Nightjar's configuration, made by Nightjar itself. Every key: docs/configuration.md
# It holds the cameras' passwords, so only its owner may read it.

`;

/** Tries again when the file was changed by hand in the moment of writing. */
const MAX_TRIES = 3;

/** What came of a change: the new configuration, or why the file can't be written, in words. */
export type EditOutcome = { config: Config } | { unwritable: string };

/** What the file says of one channel, where that matters to a form. */
export type ChannelInFile = {
  /** Changes whenever what the file says of the channel does; empty when it says nothing. */
  revision: string;
  /** Keys that variables of the environment set, by name: `keep.days` to `NIGHTJAR_CHANNELS_…`. */
  fromEnvironment: ReadonlyMap<string, string>;
};

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const writingTroubles: Record<string, string> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "it is on a read-only file system",
  EBUSY: "it is mounted as a single file",
  ENOENT: "its folder is not there",
  ENOSPC: "the disk is full",
};

/** Changes the channels in the configuration's file, for pages. One change at a time. */
export class ConfigEditor {
  readonly #options: LoadOptions;
  readonly #key = randomBytes(32);
  #last: Promise<unknown> = Promise.resolve();
  /** Whether there was a file: one made anew in its place would lack everything else that it said. */
  #wasThere: boolean;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#wasThere = findConfigFile(options) !== undefined;
  }

  /** The file that is read, or that will be made. */
  get file(): string {
    return findConfigFile(this.#options) ?? resolve(this.#options.cwd, "nightjar.yaml");
  }

  /** What the file says of a channel now. */
  async channel(id: string): Promise<ChannelInFile> {
    const value = readYaml((await this.#read()) ?? "").value;
    const path = `channels.${id}.`;
    const fromEnvironment = new Map<string, string>();
    for (const origin of withEnvironment(value, this.#options.env).origins) {
      const key = origin.path.join(".");
      if (idKey(key).startsWith(idKey(path))) fromEnvironment.set(key.slice(path.length), origin.name);
    }
    return { revision: this.#revision(value, id), fromEnvironment };
  }

  /**
   * Changes a channel, checks the whole, and only then puts it into the file's place.
   * @param revision what `channel` said when the person was shown the channel
   * @throws NightjarError `conflict` when the channel was changed since, or can't be changed; `unprocessable` when the
   * configuration would have mistakes
   */
  apply(edit: ChannelEdit, revision?: string): Promise<EditOutcome> {
    return this.rewrite((text) => {
      if (revision !== undefined && this.#revision(readYaml(text).value, edit.id) !== revision) {
        throw new NightjarError(
          "conflict",
          `${edit.id} was changed in ${this.file} meanwhile; nothing was saved`,
          {
            details: ["What it says now is shown; make your change again"],
          },
        );
      }
      return editYaml(text, edit);
    });
  }

  /**
   * Changes the file's text, checks the whole, and only then puts it into the file's place. `change` may be called
   * again when the file was changed by hand in the moment of writing.
   * @throws NightjarError as `apply` does
   */
  rewrite(change: (text: string) => string): Promise<EditOutcome> {
    const done = this.#last.then(() => this.#rewrite(change));
    this.#last = done.catch(() => {});
    return done;
  }

  /** What `rewrite` would bring, with nothing written. Throws as it does. */
  async preview(change: (text: string) => string): Promise<Config> {
    return this.#check(change((await this.#read()) ?? HEAD), this.file);
  }

  async #rewrite(change: (text: string) => string): Promise<EditOutcome> {
    const { file } = this;
    for (let count = 0; count < MAX_TRIES; count += 1) {
      const before = await this.#read();
      const text = change(before ?? HEAD);
      const config = this.#check(text, file);
      try {
        if (await replaceFile(file, text, async () => (await this.#read()) === before)) {
          this.#wasThere = true;
          return { config };
        }
      } catch (error) {
        if (error instanceof NightjarError) throw error;
        const why = writingTroubles[systemErrorCode(error) ?? ""] ?? errorText(error);
        return { unwritable: `${file} can't be written: ${why}` };
      }
    }
    throw new NightjarError("conflict", `${file} is being changed by something else; nothing was saved`);
  }

  #check(text: string, file: string): Config {
    try {
      return checkConfigText(text, file, this.#options);
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      throw new NightjarError("unprocessable", "The configuration would not be right; nothing was saved", {
        details: error.details.length > 0 ? error.details : [error.message],
        cause: error,
      });
    }
  }

  /** The file's text; `undefined` while there never was one. Throws `conflict`. */
  async #read(): Promise<string | undefined> {
    const unreadable = (why: string, cause?: unknown): NightjarError =>
      new NightjarError("conflict", `${this.file} can't be read: ${why}`, { cause });
    let bytes: Uint8Array;
    try {
      if (!(await stat(this.file)).isFile()) throw unreadable("it is no file");
      bytes = await readFile(this.file);
    } catch (error) {
      if (error instanceof NightjarError) throw error;
      if (systemErrorCode(error) !== "ENOENT") throw unreadable(errorText(error), error);
      if (this.#wasThere) throw unreadable("it is gone; it has to be put back first", error);
      return undefined;
    }
    try {
      return strictUtf8.decode(bytes);
    } catch (error) {
      throw unreadable("it is not in UTF-8, and would lose characters", error);
    }
  }

  /** Keyed, so that it can stand in a page though it is made of a password, too. */
  #revision(value: unknown, id: string): string {
    const channels = isGroup(value) ? value["channels"] : undefined;
    const channel = isGroup(channels) && Object.hasOwn(channels, id) ? channels[id] : undefined;
    if (channel === undefined) return "";
    return createHmac("sha256", this.#key).update(JSON.stringify(channel)).digest("hex").slice(0, 32);
  }
}
