import type { ParameterGroupOptions } from "../../node.js";
import { badOption, keyOf, number } from "./option.js";

const VALUES = {
  lr: number({ help: "" }, { min: 0 }),
  weightDecay: number({ help: "" }, { min: 0 }),
};

/** "fc2.*:lr=1e-4,weight-decay=0" as a group of parameters. */
export function parameterGroup(word: string): ParameterGroupOptions {
  // A name may have a colon too; the settings have none.
  const colon = word.lastIndexOf(":");
  const match = word.slice(0, Math.max(0, colon));
  const settings = word.slice(colon + 1).split(",");
  const values = new Map<string, number>();
  for (const setting of settings) {
    const [, name = "", value] = /^([a-z-]+)=(.+)$/i.exec(setting) ?? [];
    const key = keyOf(name);
    if (match === "" || (key !== "lr" && key !== "weightDecay")) {
      const hint = "Write a pattern and what is special: 'fc2.*:lr=1e-4,weight-decay=0'.";
      throw badOption("--group", `'${word}' is no group`, hint);
    }
    if (values.has(key)) throw badOption("--group", `'${name}' is there twice in '${word}'`);
    values.set(key, VALUES[key].read(value, `--group ${match}:${name}`));
  }
  return { match, ...Object.fromEntries(values) };
}
