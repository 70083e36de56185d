/** A day that can't or need not be made smaller; the message says why. */
export class KeepAsIs extends Error {}

/** Why a day with such sound is kept: it would be lost. */
export const soundWords = (sound: string): string =>
  `its sound (${sound}) can't be kept in a smaller film; only plain AAC can`;
