import { idKey, reservedIdSet } from "../config/channel-id.ts";
import type { ChannelConfig, Config } from "../config/config.ts";
import type { ChannelInFile, ConfigEditor, EditOutcome } from "../config/config-editor.ts";
import { channelText } from "../config/edit-lines.ts";
import type { ChannelEdit, KeyChanges } from "../config/edit-yaml.ts";
import { NightjarError, notFound } from "../platform/errors.ts";
import { changedKeys, newChannelKeys, pasteableKeys, withoutFixed } from "./changes.ts";
import {
  formMistakes,
  formOfChannel,
  newIdOf,
  type CameraForm,
  type FormContext,
  type Mistakes,
} from "./form.ts";
import type { GivenSource } from "./given-source.ts";

export type CamerasDeps = {
  /** The configuration that is in force. */
  config: () => Config;
  /** Absent where no file is read (the demo). */
  editor: ConfigEditor | undefined;
  /** Takes the file up; throws the NightjarError of a bad one. */
  reload: () => Promise<unknown>;
};

/** What came of saving: the channel's id, what is wrong, or the lines that a person has to write themselves. */
export type SaveOutcome =
  | { id: string }
  | { mistakes: Mistakes }
  | { unwritable: { why: string; id: string; lines: string | undefined } };

const NO_FILE = "This is the demo: it reads no configuration, so its cameras can't be changed";

/** The configured cameras, and their changes: into the file, and at once into force. */
export class Cameras {
  constructor(private readonly deps: CamerasDeps) {}

  get config(): Config {
    return this.deps.config();
  }

  /** The configuration's file, as it is or will be. */
  get file(): string | undefined {
    return this.deps.editor?.file;
  }

  /** A configured channel; compared without case. Throws `not-found`. */
  channel(id: string): ChannelConfig {
    for (const channel of this.config.channels.values()) if (idKey(channel.id) === idKey(id)) return channel;
    throw notFound(`There is no camera ${JSON.stringify(id.slice(0, 80))}`, [
      "/settings/cameras lists those that are configured",
    ]);
  }

  /** What the file says of a channel. Where no file is read, it says nothing. */
  async inFile(id: string): Promise<ChannelInFile> {
    return (await this.deps.editor?.channel(id)) ?? { revision: "", fromEnvironment: new Map() };
  }

  /** The ids that others have or had. */
  formContext(except?: string): FormContext {
    const others = [...this.config.channels.values()].filter(({ id }) => id !== except);
    return { taken: others.flatMap(({ id, was }) => [id, ...was]), reserved: reservedIdSet([]) };
  }

  /** Adds a camera. Throws what `ConfigEditor.apply` and the reload throw. */
  async add(form: CameraForm, given: GivenSource): Promise<SaveOutcome> {
    const context = this.formContext();
    const id = newIdOf(form, context);
    const mistakes = formMistakes(form, id, context);
    if (Object.keys(mistakes).length > 0) return { mistakes };
    const keys = newChannelKeys(form, id, given);
    return this.#save({ kind: "add", id, keys }, id);
  }

  /**
   * Changes a camera; `given` where its source is in the form.
   * @param inFile what the person was shown
   */
  async change(
    before: ChannelConfig,
    sent: CameraForm,
    options: { given?: GivenSource | undefined; inFile: ChannelInFile; revision: string },
  ): Promise<SaveOutcome> {
    const { given, inFile, revision } = options;
    const { zone } = this.config;
    const form = withoutFixed(sent, formOfChannel(before, zone), inFile.fromEnvironment);
    const newId = form.id === "" ? before.id : form.id;
    const mistakes = formMistakes(form, newId, this.formContext(before.id));
    if (newId !== before.id && idKey(newId) === idKey(before.id)) {
      mistakes.id = "Wanted: an id that differs in more than case.";
    }
    if (Object.keys(mistakes).length > 0) return { mistakes };
    const keys = changedKeys(form, before, { zone, given });
    if (Object.keys(keys).length === 0 && newId === before.id) return { id: before.id };
    return this.#save({ kind: "change", id: before.id, newId, keys }, newId, revision);
  }

  /** Takes a camera out of the configuration; its footage stays. */
  remove(channel: ChannelConfig, revision: string): Promise<SaveOutcome> {
    return this.#save({ kind: "remove", id: channel.id }, channel.id, revision);
  }

  async #save(edit: ChannelEdit, id: string, revision?: string): Promise<SaveOutcome> {
    const { editor, reload } = this.deps;
    if (editor === undefined) throw new NightjarError("conflict", NO_FILE);
    const outcome: EditOutcome = await editor.apply(edit, revision);
    if ("unwritable" in outcome)
      return { unwritable: { why: outcome.unwritable, id: edit.id, lines: linesOf(edit, id) } };
    await reload();
    return { id };
  }
}

/** What a person would write into the file; `undefined` for lines to be taken out. */
function linesOf(edit: ChannelEdit, id: string): string | undefined {
  if (edit.kind === "remove") return undefined;
  const lines = channelText(id, valuesOf(pasteableKeys(edit.keys)));
  return `channels:\n${lines.replaceAll(/^(?=.)/gm, "  ")}`;
}

const valuesOf = (keys: KeyChanges): Record<string, unknown> =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
