import { errorText, NightjarError } from "../platform/errors.ts";
import type { SetupCode } from "./setup-code.ts";

/** What the set-up needs of the accounts. */
export type SetupAccounts = {
  /** Whether nobody can sign in yet. */
  isEmpty(): boolean;
  /** Throws `bad-request` or `conflict`. */
  addUser(given: { name: string; password: string; role: "admin" }): Promise<void>;
  /** Begins a session; returns the `Set-Cookie` value. */
  startSession(request: Request, name: string): string;
};

export type FirstAccountForm = { code: string; name: string; password: string; again: string };

/** A field that won't do, and why, in a sentence. */
export type FieldMistake = { field: keyof FirstAccountForm; words: string };

export type FirstAccountOutcome = { cookie: string } | { mistake: FieldMistake; retryAfterSeconds?: number };

/** Makes the first account, once. */
export class FirstAccount {
  #isMaking = false;

  constructor(
    private readonly accounts: SetupAccounts,
    private readonly code: SetupCode,
  ) {}

  /** Whether there is still nobody, so that the set-up is open. */
  get isOpen(): boolean {
    return this.accounts.isEmpty();
  }

  /**
   * Makes the admin and signs them in. The code is looked at first: without it nothing is learnt of the rest.
   * @throws NightjarError `conflict` when there is an account by now
   */
  async make(request: Request, form: FirstAccountForm): Promise<FirstAccountOutcome> {
    const refused = this.#codeMistake(form.code);
    if (refused !== undefined) return refused;
    const name = form.name.trim();
    if (name === "") return mistake("name", "A name is wanted: the one that you will sign in with.");
    if (form.password === "") return mistake("password", "A password is wanted, of at least 8 characters.");
    if (form.password !== form.again) {
      return mistake("again", "The two passwords differ; type the same one twice.");
    }
    if (this.#isMaking || !this.isOpen) throw alreadyDone();
    this.#isMaking = true;
    try {
      await this.accounts.addUser({ name, password: form.password, role: "admin" });
      return { cookie: this.accounts.startSession(request, name) };
    } catch (error) {
      if (!(error instanceof NightjarError) || error.kind !== "bad-request") throw error;
      const words = `${errorText(error)}.`;
      return mistake(words.startsWith("The name") ? "name" : "password", words);
    } finally {
      this.#isMaking = false;
    }
  }

  #codeMistake(given: string): FirstAccountOutcome | undefined {
    if (given.trim() === "") {
      return mistake("code", "The code is missing: it stands in the terminal or in the system's journal.");
    }
    try {
      if (this.code.isRight(given)) return undefined;
    } catch (error) {
      if (!(error instanceof NightjarError) || error.retryAfterSeconds === undefined) throw error;
      return { ...mistake("code", `${error.message}.`), retryAfterSeconds: error.retryAfterSeconds };
    }
    return mistake(
      "code",
      "This is not the code. Each start of Nightjar makes a new one: take the newest in the terminal or journal.",
    );
  }
}

const mistake = (field: FieldMistake["field"], words: string) => ({ mistake: { field, words } });

const alreadyDone = (): NightjarError =>
  new NightjarError("conflict", "The first account was made already; sign in with it");
