/** A day that can't or need not be made smaller; the message says why. */
export class KeepAsIs extends Error {
  /** Whether other settings may lead to something else. */
  readonly isBySettings: boolean;

  constructor(why: string, { isBySettings = false } = {}) {
    super(why);
    this.isBySettings = isBySettings;
  }
}

/** A day whose film takes no less than the footage. */
export const noSmaller = (): KeepAsIs =>
  new KeepAsIs("the converted day was not smaller than the original", { isBySettings: true });

/** Why a day with such sound is kept: it would be lost. */
export const soundWords = (sound: string): string =>
  `its sound (${sound}) can't be kept in a smaller film; only plain AAC can`;
