import { z } from "zod";
import { configSchema } from "./schema.ts";

/** Stands for any channel's id in the way to a key. */
export const ANY_CHANNEL = "*";

/** One key of the configuration, as the schema describes it. */
export type ConfigKey = {
  path: readonly string[];
  /** What a message asks for. */
  wanted: string;
  /** One sentence, with the default. */
  description: string;
  /** Whether it takes a list. */
  isList: boolean;
  /** Whether it takes a value; a group only holds other keys. */
  isValue: boolean;
  /** Whether it stands in each entry of a list: the list is set as a whole. */
  isInList: boolean;
};

type Schema = z.core.$ZodType;

/** The type without what makes it optional or transforms it. */
function bare(schema: Schema): Schema {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return bare(schema.def.innerType);
  }
  return schema instanceof z.ZodPipe ? bare(schema.def.in) : schema;
}

function optionsOf(schema: Schema): Schema[] {
  const type = bare(schema);
  return type instanceof z.ZodUnion ? type.def.options.flatMap(optionsOf) : [type];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function keysBelow(schema: Schema, path: readonly string[], isInList = false): ConfigKey[] {
  const options = optionsOf(schema);
  const isGroup = (option: Schema) => option instanceof z.ZodObject || option instanceof z.ZodRecord;
  const meta = z.globalRegistry.get(schema);
  const own: ConfigKey = {
    path,
    wanted: textOf(meta?.["wanted"]),
    description: textOf(meta?.description),
    isList: options.some((option) => option instanceof z.ZodArray),
    isValue: !options.every(isGroup),
    isInList,
  };
  const entries = options.flatMap((option) =>
    option instanceof z.ZodArray ? optionsOf(option.def.element).filter(isGroup) : [],
  );
  const below = [...options, ...entries].flatMap((option) => {
    if (option instanceof z.ZodObject) {
      const inList = isInList || entries.includes(option);
      return Object.entries(option.shape).flatMap(([name, child]) =>
        keysBelow(child, [...path, name], inList),
      );
    }
    return option instanceof z.ZodRecord && !isInList
      ? keysBelow(option.def.valueType, [...path, ANY_CHANNEL])
      : [];
  });
  return path.length === 0 ? below : [own, ...below];
}

/** Every key, groups before what is in them, in the order of the schema. */
export const configKeys: readonly ConfigKey[] = keysBelow(configSchema, []);

const patternOf = (path: readonly (string | number)[]): string =>
  path
    .filter((part) => typeof part === "string")
    .map((part, index) => (index === 1 && path[0] === "channels" ? ANY_CHANNEL : part))
    .join(".");

const byPattern = new Map(configKeys.map((key) => [key.path.join("."), key]));

/** The key that a way leads to; places in a list lead to the list's key. */
export const keyAt = (path: readonly (string | number)[]): ConfigKey | undefined =>
  byPattern.get(patternOf(path));

/** Names of the keys right below a group. */
export function namesBelow(path: readonly (string | number)[]): string[] {
  const pattern = patternOf(path);
  return configKeys
    .filter((key) => key.path.slice(0, -1).join(".") === pattern)
    .map((key) => key.path.at(-1) ?? "");
}
