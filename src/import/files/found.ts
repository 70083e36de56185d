/** Something in a file of another tool that can't be read. No part of it is a secret. */
export class FileMistake extends Error {
  /** From 1. */
  readonly line: number;
  readonly found: string;
  readonly wanted: string;

  constructor(line: number, found: string, wanted: string) {
    super(`line ${line}: found ${found}; wanted ${wanted}`);
    this.name = "FileMistake";
    this.line = line;
    this.found = found;
    this.wanted = wanted;
  }
}

/** A channel as another tool's file names it. */
export type FoundChannel = {
  /** What it was called there, in any script. */
  name: string;
  /** The source as Nightjar's configuration takes it; may hold a password. */
  source: string;
  keep: { hours?: number; days?: number };
  /** What is different from what the file says, in words. */
  notes: readonly string[];
};

/** A key that was not taken, and why. Its value may be a secret and is not here. */
export type LeftKey = { key: string; why: string };

/** What a file of another tool says, in Nightjar's terms. */
export type FoundFile = {
  /** What kind of file it is, for people. */
  kind: string;
  channels: readonly FoundChannel[];
  /** Keys at the top of the configuration. */
  settings: { publicUrl?: string; naiveTimes?: "utc" };
  left: readonly LeftKey[];
};
