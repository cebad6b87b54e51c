import { AUGMENT_ROWS, type AugmentOptions } from "../../node.js";
import { badOption, flagOf, keyOf, type OptionSpec, show, text } from "./option.js";
import { specOf } from "./rules.js";

const word = text({ help: "" });

const augment: OptionSpec<string> = {
  value: "shift=N,flip,…",
  help:
    "change each row, another way in every step: shift=N, shift-h=N and shift-w=N pixels, flip, " +
    "crop=SHARE, noise=DEVIATION, fill=X, channels=first|last",
  read(raw, where) {
    const given = word.read(raw, where);
    augmentOf(given, where);
    return given;
  },
};

export const augmentOption = { augment };

/** "shift=2,flip,noise=0.1" as `compile` takes it. */
export function augmentOf(given: string, where = "--augment"): AugmentOptions {
  const values = new Map<string, unknown>();
  for (const setting of given.split(",")) {
    const [, name = "", , value] = /^ *([a-z-]+)(=(.*?))? *$/i.exec(setting) ?? [];
    const key = keyOf(name);
    if (!Object.hasOwn(AUGMENT_ROWS, key)) {
      const hint = `There are ${Object.keys(AUGMENT_ROWS).map(settingOf).join(", ")}.`;
      throw badOption(where, `${show(setting)} is not known`, hint);
    }
    if (values.has(key)) throw badOption(where, `'${name}' is there twice`);
    const row = AUGMENT_ROWS[key as keyof AugmentOptions];
    values.set(key, specOf(row, "").read(value ?? true, `${where} ${settingOf(key)}`));
  }
  return Object.fromEntries(values);
}

/** "shift-h" */
const settingOf = (key: string) => flagOf(key).slice(2);
