import { nearest, readFileBytes } from "../../node.js";
import { badOption, flagOf, keyOf, type OptionFamily, type OptionsOf, show } from "./option.js";

/** Values as they were given, by option. */
export type Given = Readonly<Record<string, unknown>>;

/** The values of the command line over those of a --config file, each checked. */
export function readOptions<F extends OptionFamily>(family: F, given: Given): OptionsOf<F> {
  const values: Record<string, unknown> = {};
  const { config } = given;
  if ("config" in family && typeof config === "string") {
    for (const [key, raw] of Object.entries(readConfig(config, family))) {
      values[key] = family[key]!.read(raw, `${config}, ${key}`);
    }
  }
  for (const [key, raw] of Object.entries(given)) {
    if (Object.hasOwn(family, key)) values[key] = family[key]!.read(raw, flagOf(key));
  }
  const there = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as OptionsOf<F>;
}

/** The file's values by option; its keys may be in camelCase or kebab-case. */
function readConfig(path: string, family: OptionFamily): Given {
  const config = parse(path);
  const values: Record<string, unknown> = {};
  for (const [name, raw] of Object.entries(config)) {
    const key = keyOf(name);
    if (!Object.hasOwn(family, key) || key === "config") {
      const others = Object.keys(family).filter((other) => other !== "config");
      const near = nearest(key, others);
      throw badOption(path, `the key '${name}' is unknown`, near && `Did you mean ${near}?`);
    }
    if (Object.hasOwn(values, key)) throw badOption(path, `'${key}' is there twice`);
    values[key] = raw;
  }
  return values;
}

function parse(path: string): Given {
  const text = new TextDecoder().decode(readFileBytes(path));
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw badOption(path, `this is not JSON (${(error as Error).message})`);
  }
  if (typeof config === "object" && config !== null && !Array.isArray(config)) {
    return config as Given;
  }
  throw badOption(path, `${show(config)} is not an object of options`);
}
