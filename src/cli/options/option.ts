import { isInRange, isNumeral, RANGES, type Range, rangeText, StropError } from "../../node.js";

/** One option: how it is written on the command line, and how its value is read there and in --config. */
export interface OptionSpec<T> {
  /** What stands for the value in the help; without it the option is a switch. */
  readonly value?: string;
  readonly help: string;
  /** May be given more than once; the value is then a list. */
  readonly many?: boolean;
  /** Reads a word of the command line, or a value of JSON. Throws a StropError that names `where`. */
  read(raw: unknown, where: string): T;
}

/** Options by their names in camelCase, which is how --config has them; the command line has kebab-case. */
export type OptionFamily = Readonly<Record<string, OptionSpec<unknown>>>;

/** The values of a family: what was not given is not there. */
export type OptionsOf<F extends OptionFamily> = {
  readonly [K in keyof F]?: F[K] extends OptionSpec<infer T> ? T : never;
};

/** An impossible value. */
export function badOption(where: string, problem: string, hint?: string): StropError {
  const details = { code: "bad-option", where, exitCode: 2 } as const;
  return new StropError(problem, hint === undefined ? details : { ...details, hint });
}

export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function keyOf(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

type Shown = Pick<OptionSpec<unknown>, "value" | "help">;

/** A switch: given or not. */
export function flag(help: string): OptionSpec<true | undefined> {
  return {
    help,
    read(raw, where) {
      if (typeof raw !== "boolean") throw badOption(where, `${show(raw)} is not true or false`);
      return raw || undefined;
    },
  };
}

/** A word: a file's name, a pattern. */
export function text(shown: Shown): OptionSpec<string> {
  return {
    ...shown,
    read(raw, where) {
      if (typeof raw === "string" && raw !== "") return raw;
      throw badOption(where, `${show(raw)} is not a text`);
    },
  };
}

/** Words: the option is given once for each, or has a list in --config. */
export function texts(shown: Shown): OptionSpec<readonly string[]> {
  const one = text(shown);
  return {
    ...shown,
    many: true,
    read: (raw, where) => (Array.isArray(raw) ? raw : [raw]).map((word) => one.read(word, where)),
  };
}

/** A number in a range; what cannot be a float32 is no number here. */
export function number(shown: Shown, range: Range): OptionSpec<number> {
  return {
    ...shown,
    read(raw, where) {
      const value = numberOf(raw);
      if (isInRange(value, range)) return value;
      throw badOption(where, `${show(raw)} is not ${rangeText(range)}`);
    },
  };
}

/** A number, or a word that is one; NaN for anything else. */
export function numberOf(raw: unknown): number {
  if (typeof raw === "string") return isNumeral(raw) ? Number(raw) : Number.NaN;
  return typeof raw === "number" ? raw : Number.NaN;
}

/** Numbers in a range: 1,2,0.5, in JSON a list. */
export function numbers(shown: Shown, range: Range): OptionSpec<readonly number[]> {
  return {
    ...shown,
    read(raw, where) {
      const words: readonly unknown[] = typeof raw === "string" ? raw.split(/ *, */) : [raw].flat();
      const values = words.map(numberOf);
      const bad = values.findIndex((value) => !isInRange(value, range));
      if (bad < 0 && values.length > 0) return values;
      throw badOption(where, `${show(words[bad] ?? raw)} is not ${rangeText(range)}`);
    },
  };
}

/** One of some names. `later` are those that INTERFACES promises and that are not there yet. */
export function choice<const T extends string>(
  shown: Shown,
  names: readonly T[],
  later: readonly string[] = [],
): OptionSpec<T> {
  return {
    ...shown,
    read(raw, where) {
      const known = names.find((name) => name === raw);
      if (known !== undefined) return known;
      const problem = later.includes(raw as string) ? "is not there yet" : "is not known";
      throw badOption(where, `${show(raw)} ${problem}`, `There are ${names.join(", ")}.`);
    },
  };
}

/** A weight for each class: 1,2,0.5, in JSON a list; or "balanced". */
export function classWeights(help: string): OptionSpec<readonly number[] | "balanced"> {
  return {
    value: "W,W,…",
    help,
    read(raw, where) {
      if (raw === "balanced") return raw;
      const words: readonly unknown[] = typeof raw === "string" ? raw.split(/ *, */) : asList(raw);
      const weights = words.map(numberOf);
      const fit = weights.length > 0 && weights.every((w) => isInRange(w, RANGES.classWeight));
      if (fit) return weights;
      const problem = `${show(raw)} is neither 'balanced' nor a number from 0 up for each class`;
      throw badOption(where, problem);
    },
  };
}

const asList = (raw: unknown): readonly unknown[] => (Array.isArray(raw) ? raw : []);

/** A value in an error: as it was typed. */
export function show(raw: unknown): string {
  return typeof raw === "string" ? `'${raw}'` : (JSON.stringify(raw) ?? String(raw));
}
