import { dlopen, type FFIFunction, type Library } from "bun:ffi";

const names = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

/** Functions of the C library, glibc or musl; `undefined` where neither has them. */
export function libc<Functions extends Record<string, FFIFunction>>(
  functions: Functions,
): Library<Functions>["symbols"] | undefined {
  for (const name of names) {
    try {
      return dlopen(name, functions).symbols;
    } catch {
      continue;
    }
  }
  return undefined;
}
