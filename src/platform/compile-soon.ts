/**
 * Has the engine compile what runs often, as soon as it usually does. The executable is built to put that off
 * (`--compile-jit-policy` in scripts/lib/build.mjs): what a start runs it runs once, and its machine code would stay.
 */
export const compileSoon = (): void => Bun.unsafe.setJITPolicy(1);
