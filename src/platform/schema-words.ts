import { z } from "zod";

const MAX_SHOWN_CHARACTERS = 40;
/** More mistakes than these are not read by anyone. */
const MAX_PROBLEMS = 20;
/** Keys whose values are never repeated. */
const SECRET = /pass|secret|token|credential/i;

const typeWords: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

type Path = readonly PropertyKey[];

/** The value at the end of a path of own keys and places in lists; `undefined` where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, part)?.value;
  }
  return value;
}

const keyText = (path: Path): string => path.map((part) => String(part).slice(0, 80)).join(".");

function foundText(value: unknown, path: Path): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (path.some((part) => SECRET.test(String(part)))) return "not shown here";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return `a ${typeof value}`;
  const short = value.length > MAX_SHOWN_CHARACTERS ? `${value.slice(0, MAX_SHOWN_CHARACTERS)}…` : value;
  return JSON.stringify(short);
}

/** `at most 64 characters`, `at least 1`. */
function boundText(bound: string, limit: number | bigint, origin: string): string {
  const units = { string: " characters", array: " entries" }[origin] ?? "";
  return `${bound} ${limit}${units}`;
}

function wantedText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeWords[issue.expected] ?? issue.expected;
    case "invalid_value":
      return `${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "too_big":
      return boundText("at most", issue.maximum, issue.origin);
    case "too_small":
      return boundText("at least", issue.minimum, issue.origin);
    case "invalid_union":
      return [...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(wantedText)))].join(" or ");
    default:
      return issue.message;
  }
}

/** The keys of the object at a place of a schema, as far as it is made of plain objects. */
function keysAt(schema: unknown, path: Path): string[] {
  let part = schema;
  for (const key of [...path, undefined]) {
    while (part instanceof z.ZodOptional || part instanceof z.ZodDefault) part = part.unwrap();
    if (!(part instanceof z.ZodObject)) return [];
    if (key !== undefined) part = part.shape[String(key)];
  }
  return part instanceof z.ZodObject ? Object.keys(part.shape) : [];
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown, whole: string): string[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, path);
    const wanted = known.length === 0 ? "it left out" : `only ${known.join(", ")}`;
    return issue.keys.map((name) => `${keyText([...path, name])} is not known here; wanted: ${wanted}`);
  }
  if (path.length === 0 && issue.code === "custom") return [issue.message];
  const name = path.length === 0 ? whole : keyText(path);
  const keys = issue.code === "invalid_type" && issue.expected === "object" ? keysAt(schema, path) : [];
  const wanted = `${wantedText(issue)}${keys.length === 0 ? "" : ` with ${keys.join(", ")}`}`;
  return [`${name} is ${foundText(valueAt(root, path), path)}; wanted: ${wanted}`];
}

/**
 * What a schema does not like of a value, one clause each: which key, what was given, what is wanted. Empty when it likes
 * all of it. Values that may be secret are not repeated.
 * @param whole what the value as a whole is called, such as `The body`
 */
export function schemaProblems(schema: z.ZodType, value: unknown, whole: string): string[] {
  const checked = schema.safeParse(value);
  if (checked.success) return [];
  return checked.error.issues
    .flatMap((issue) => problemsOf(issue, schema, value, whole))
    .slice(0, MAX_PROBLEMS);
}
