/** One thing that was looked at. `warn` works, but not as well as it could; `fail` has to be mended. */
export type DoctorCheck = {
  name: string;
  state: "ok" | "warn" | "fail";
  /** What was found, in one line. */
  found: string;
  /** What to do about it. */
  advice?: string;
};

const NAME_WIDTH = 14;

/** A check as lines for a terminal. */
export function checkLines({ name, state, found, advice }: DoctorCheck): string[] {
  const head = `${state.padEnd(5)} ${name.padEnd(NAME_WIDTH)} ${found}`;
  return advice === undefined ? [head] : [head, `${" ".repeat(NAME_WIDTH + 7)}${advice}`];
}
